"""What work is paid: review, prices, bonuses, batches of payments, statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from assay_client.call import Call, get, given, post, when
from assay_client.shapes import Json, Money


def payouts(project: str) -> Call[Json]:
    """What every worker is owed, the total, and whether the ledger balances."""
    return get(f"/projects/{project}/payouts")


def add_budget(project: str, amount: Money) -> Call[Json]:
    """Raise the project's budget."""
    return post(f"/projects/{project}/budget", {"amount": dict(amount)})


def pay_terms(project: str) -> Call[Json]:
    """How long reviews and appeals run, what surplus answers are paid."""
    return get(f"/projects/{project}/pay/terms")


def set_pay_terms(project: str, terms: Mapping[str, Any]) -> Call[Json]:
    """Replace the terms; deadlines that run already stay."""
    return post(f"/projects/{project}/pay/terms", dict(terms))


def pay_reviews(project: str, state: str | None = None, page_size: int | None = None) -> Call[Json]:
    """How the pay of each answer stands."""
    return get(f"/projects/{project}/pay/reviews", state=state, page_size=page_size)


def approve_pay(project: str, answers: Sequence[str] | None = None, until: datetime | None = None) -> Call[Json]:
    """Approve pending pay, of these answers or of all until a time."""
    return post(f"/projects/{project}/pay/approve", given(answers=answers and list(answers), until=when(until)))


def reject_pay(project: str, rejections: Sequence[Mapping[str, Any]]) -> Call[Json]:
    """Reject answers, each with ``answer``, ``reason`` and ``evidence``; all or none."""
    return post(f"/projects/{project}/pay/reject", {"rejections": [dict(one) for one in rejections]})


def approve_answer(project: str, answer: str) -> Call[Json]:
    """Approve the pay of an answer, for good."""
    return post(f"/projects/{project}/answers/{answer}/approve")


def reject_answer(project: str, answer: str, reason: str, evidence: Mapping[str, Any]) -> Call[Json]:
    """Reject the pay of an answer, with reason and evidence that the worker is shown and may contest."""
    body = {"reason": reason, "evidence": dict(evidence)}
    return post(f"/projects/{project}/answers/{answer}/reject", body)


def reinstate_answer(project: str, answer: str, reason: str) -> Call[Json]:
    """Reverse a rejection and pay the answer after all."""
    return post(f"/projects/{project}/answers/{answer}/reinstate", {"reason": reason})


def appeals(project: str) -> Call[Json]:
    """The appeals that the caller may judge, due first, without names."""
    return get(f"/projects/{project}/appeals")


def decide_appeal(project: str, appeal: str, is_granted: bool, reason: str) -> Call[Json]:
    """Grant an appeal, which pays the answer, or deny it."""
    return post(f"/projects/{project}/appeals/{appeal}/decide", {"is_granted": is_granted, "reason": reason})


def price_rules(project: str) -> Call[Json]:
    """Every version of the price rule, the newest first."""
    return get(f"/projects/{project}/price-rules")


def set_price_rule(project: str, base: Money, factors: Sequence[Mapping[str, Any]] = ()) -> Call[Json]:
    """Keep a price rule for claims to come; quoted prices stay."""
    return post(f"/projects/{project}/price-rules", {"base": dict(base), "factors": [dict(one) for one in factors]})


def preview_price_rule(project: str, base: Money, factors: Sequence[Mapping[str, Any]] = ()) -> Call[Json]:
    """What tasks would cost by a rule; nothing is set."""
    body = {"base": dict(base), "factors": [dict(one) for one in factors]}
    return post(f"/projects/{project}/price-rules/preview", body)


def pay_bonus(project: str, worker: str, amount: Money, reason: str, key: str) -> Call[Json]:
    """Pay a bonus; the same ``key`` again pays nothing more."""
    return post(
        f"/projects/{project}/bonuses", {"key": key, "worker": worker, "amount": dict(amount), "reason": reason}
    )


def pay_bonuses(project: str, csv: str, is_dry_run: bool = False) -> Call[Json]:
    """Pay a CSV of bonuses, all or none."""
    return post(f"/projects/{project}/bonuses/csv", {"csv": csv, "is_dry_run": is_dry_run})


def batches(project: str, page_size: int | None = None) -> Call[Json]:
    """Batches of payments, the newest first."""
    return get(f"/projects/{project}/batches", page_size=page_size)


def make_batch(project: str, format: str, options: Mapping[str, Any] | None = None) -> Call[Json]:
    """Gather what is due into a draft; the reply names whom it leaves out, with the reason."""
    return post(f"/projects/{project}/batches", {"format": format, "options": dict(options or {})})


def batch(project: str, batch: str) -> Call[Json]:
    """A batch with its lines; recipients are masked."""
    return get(f"/projects/{project}/batches/{batch}")


def approve_batch(project: str, batch: str) -> Call[Json]:
    """Approve a draft, by somebody else than its maker."""
    return post(f"/projects/{project}/batches/{batch}/approve")


def cancel_batch(project: str, batch: str) -> Call[Json]:
    """Give a batch up; what it held is owed again."""
    return post(f"/projects/{project}/batches/{batch}/cancel")


def export_batch(project: str, batch: str) -> Call[Json]:
    """Write the file of an approved batch; again gives the same bytes."""
    return post(f"/projects/{project}/batches/{batch}/export")


def batch_file(project: str, batch: str) -> Call[Json]:
    """The file of a batch as it was exported; for `download`."""
    return get(f"/projects/{project}/batches/{batch}/file")


def mark_batch_sent(project: str, batch: str) -> Call[Json]:
    """Note that the file was handed to the bank or provider."""
    return post(f"/projects/{project}/batches/{batch}/send")


def end_payments(
    project: str,
    batch: str,
    outcome: Literal["settled", "failed", "returned"],
    lines: Sequence[int] | None = None,
    reason: str | None = None,
) -> Call[Json]:
    """Settle, fail or return the lines named, or all that can end so."""
    body = given(outcome=outcome, lines=lines and list(lines), reason=reason)
    return post(f"/projects/{project}/batches/{batch}/payments", body)


def worker_statement(
    project: str, worker: str, since: datetime, until: datetime | None = None, form: str | None = None
) -> Call[Json]:
    """A worker's entries of a period, chained by hashes; with ``form="csv"`` for `download`."""
    return _statement(f"/projects/{project}/workers/{worker}/statement", since, until, form)


def own_statement(since: datetime, until: datetime | None = None, form: str | None = None) -> Call[Json]:
    """The worker's own entries of a period on all projects; with ``form="csv"`` for `download`."""
    return _statement("/me/statement", since, until, form)


def _statement(path: str, since: datetime, until: datetime | None, form: str | None) -> Call[Json]:
    return get(path, **{"from": when(since), "to": when(until), "form": form})


def own_earnings() -> Call[Json]:
    """What is in review, owed, on its way and paid to the worker, by project."""
    return get("/me/earnings")


def own_payee() -> Call[Json]:
    """Where the worker's money goes, the recipient masked."""
    return get("/me/payee")


def set_own_payee(method: str, recipient: str, name: str = "", bic: str = "") -> Call[Json]:
    """Say where the money should go; batches that are made already keep what they have."""
    return post("/me/payee", {"method": method, "recipient": recipient, "name": name, "bic": bic})


def own_rejections() -> Call[Json]:
    """The worker's rejected answers, with reason, evidence, and until when an appeal is heard."""
    return get("/me/rejections")


def appeal(rejection: str, reason: str) -> Call[Json]:
    """Contest the rejection of an own answer."""
    return post(f"/me/rejections/{rejection}/appeal", {"reason": reason})
