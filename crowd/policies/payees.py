"""Whether a worker's payee details can be paid to, and how they are shown without being given away."""

from __future__ import annotations

import re
from dataclasses import dataclass

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from crowd.enums import PayeeMethod
from crowd.errors import FieldProblem

# One @, a domain with a dot, nothing that a spreadsheet could take for a formula at the start.
_ADDRESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+%'-]*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
MAX_PAYPAL = 127
# The bank's limit for a name in pain.001.
MAX_NAME = 70
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Payee:
    """Where a worker wants the money; ``recipient``: an address, an IBAN, the id of a recipient at Wise."""

    method: PayeeMethod
    recipient: str
    name: str = ""
    bic: str = ""


def normalised(payee: Payee) -> Payee:
    """Without the spaces that people type into IBANs and around everything."""
    recipient, bic = payee.recipient.strip(), re.sub(r"\s", "", payee.bic).upper()
    if payee.method == PayeeMethod.SEPA:
        recipient = re.sub(r"\s", "", recipient).upper()
    return Payee(method=payee.method, recipient=recipient, name=" ".join(payee.name.split()), bic=bic)


def check_payee(payee: Payee) -> list[FieldProblem]:
    """Every problem with normalised details."""
    problems = []
    if payee.method == PayeeMethod.PAYPAL:
        if len(payee.recipient) > MAX_PAYPAL or not _ADDRESS.fullmatch(payee.recipient):
            problems.append(FieldProblem("/recipient", "give the e-mail address of a PayPal account"))
    elif payee.method == PayeeMethod.SEPA:
        problems += _bank_problems(payee)
    elif not re.fullmatch(r"[A-Za-z0-9-]{1,64}", payee.recipient):
        problems.append(FieldProblem("/recipient", "give the id that Wise shows for you: letters, digits, hyphens"))
    if payee.method != PayeeMethod.PAYPAL and not payee.name:
        problems.append(FieldProblem("/name", "give the name of the account's holder"))
    if payee.method != PayeeMethod.SEPA and payee.bic:
        problems.append(FieldProblem("/bic", "only a bank account has a BIC; leave it out"))
    if len(payee.name) > MAX_NAME or not payee.name.isprintable() or payee.name.startswith(_FORMULA):
        problems.append(FieldProblem("/name", f"at most {MAX_NAME} characters, beginning with a letter"))
    return problems


def masked(recipient: str) -> str:
    """Enough to recognise, not enough to use."""
    name, at, domain = recipient.partition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"{recipient[:2]}…{recipient[-4:]}" if len(recipient) > 8 else "…"


def _bank_problems(payee: Payee) -> list[FieldProblem]:
    problems = []
    try:
        iban = IBAN(payee.recipient)
        if not iban.in_sepa_zone:
            problems.append(FieldProblem("/recipient", "the country of this IBAN takes no SEPA payments"))
    except SchwiftyException:
        problems.append(FieldProblem("/recipient", "this is no valid IBAN; check its digits"))
    if payee.bic:
        try:
            BIC(payee.bic)
        except SchwiftyException:
            problems.append(FieldProblem("/bic", "this is no valid BIC; it may be left out"))
    return problems
