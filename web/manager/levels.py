"""What a manager can do about a worker: which actions are open, what each is called, what it sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from crowd.enums import TrustLevel
from crowd.models import Enrolment, WorkTerms


@dataclass(frozen=True)
class Action:
    """``level`` is None for a warning, which leaves the level; ``has_days``: it may end by itself."""

    title: Any
    level: TrustLevel | None
    has_days: bool
    explained: Any


ACTIONS = {
    "warn": Action(_("Warn"), None, False, _("The worker is told and goes on as before.")),
    "restrict": Action(
        _("Restrict"), TrustLevel.RESTRICTED, True, _("The worker goes on under watch, with a limit a day.")
    ),
    "suspend": Action(
        _("Suspend for a time"), TrustLevel.SUSPENDED, True, _("The worker gets no task until the time is over.")
    ),
    "block": Action(
        _("Block"), TrustLevel.SUSPENDED, False, _("The worker gets no task until somebody unblocks them.")
    ),
    "reinstate": Action(
        _("Reinstate"), TrustLevel.NEW, False, _("The worker begins anew: the test on golds starts afresh.")
    ),
    "unblock": Action(
        _("Unblock"), TrustLevel.NEW, False, _("The worker may claim again, and the test on golds starts afresh.")
    ),
    "trust": Action(_("Trust"), TrustLevel.TRUSTED, False, _("The worker is trusted by your decision.")),
}


def actions_for(enrolment: Enrolment, terms: WorkTerms | None) -> list[str]:
    """The actions that would change something, in the order of the page."""
    match TrustLevel(enrolment.trust_level):
        case TrustLevel.SUSPENDED:
            return ["unblock", "restrict", "trust"]
        case TrustLevel.RESTRICTED:
            found = ["reinstate", "suspend", "block", "trust"]
        case TrustLevel.TRUSTED:
            found = ["restrict", "suspend", "block"]
        case _:
            found = ["restrict", "suspend", "block", "trust"]
    return found if terms is not None and terms.is_warned else ["warn", *found]
