"""Who may call what: one row per address of `api.urls`, with what each method asks of the caller."""

from __future__ import annotations

from dataclasses import dataclass

from crowd.enums import KeyScope, Role
from crowd.queries.access import MANAGING


@dataclass(frozen=True)
class Access:
    """What a call needs: a scope of the key (None: any key), and a role on the project of the address.

    Without roles the call reaches only what is the caller's own. A session has no scope to lack.
    """

    scope: KeyScope | None
    roles: tuple[Role, ...] = ()


OWNING = (Role.OWNER,)
JUDGING = (*MANAGING, Role.ADJUDICATOR)
PAYING = (*MANAGING, Role.FINANCE)

# Anybody, without a key.
PUBLIC = Access(None, tuple(Role))
ANY_KEY = Access(None)
WORK = Access(KeyScope.WORKER)
READ_OWN = Access(KeyScope.PROJECT_READ)
WRITE_OWN = Access(KeyScope.PROJECT_WRITE)
READ = Access(KeyScope.PROJECT_READ, MANAGING)
WRITE = Access(KeyScope.PROJECT_WRITE, MANAGING)
RULE = Access(KeyScope.PROJECT_WRITE, OWNING)
READ_DISPUTES = Access(KeyScope.PROJECT_READ, JUDGING)
JUDGE = Access(KeyScope.PROJECT_WRITE, JUDGING)
READ_MONEY = Access(KeyScope.FINANCE, PAYING)
# Where the money goes: the owner and finance, two of them a batch.
PAY_OUT = Access(KeyScope.FINANCE, (Role.OWNER, Role.FINANCE))

TABLE: dict[str, dict[str, Access]] = {
    # projects
    "api-projects": {"GET": READ_OWN, "POST": WRITE_OWN},
    "api-project": {"GET": READ, "PATCH": WRITE},
    "api-archive": {"POST": RULE},
    "api-clone": {"POST": WRITE},
    "api-events": {"GET": READ},
    "api-members": {"GET": READ, "POST": RULE},
    "api-member": {"GET": READ, "PATCH": RULE, "DELETE": RULE},
    "api-launch": {"POST": WRITE},
    "api-pause": {"POST": WRITE},
    "api-refit": {"POST": WRITE},
    "api-requirements": {"GET": READ, "POST": WRITE},
    "api-rules": {"GET": READ, "POST": WRITE},
    "api-rule-preview": {"POST": WRITE},
    "api-rule-retire": {"POST": WRITE},
    "api-project-courses": {"GET": READ, "POST": WRITE},
    # tasks, golds
    "api-tasks": {"GET": READ, "POST": WRITE},
    "api-task": {"GET": READ, "PATCH": WRITE},
    "api-task-cancel": {"POST": WRITE},
    "api-task-extend": {"POST": WRITE},
    "api-task-override": {"POST": WRITE},
    "api-assignments": {"GET": READ},
    "api-expire": {"POST": WRITE},
    "api-golds": {"GET": READ, "POST": WRITE},
    "api-gold-correct": {"POST": WRITE},
    "api-gold-retire": {"POST": WRITE},
    "api-gold-health": {"GET": READ},
    # workers
    "api-workers": {"GET": READ, "POST": WRITE},
    "api-block": {"POST": WRITE},
    "api-unblock": {"POST": WRITE},
    "api-grant": {"POST": WRITE},
    "api-revoke": {"POST": WRITE},
    "api-trust": {"GET": READ},
    "api-trust-preview": {"POST": WRITE},
    "api-worker-trust": {"POST": WRITE},
    "api-worker-report": {"GET": READ},
    "api-worker-report-file": {"GET": READ},
    "api-own-report": {"GET": WORK},
    "api-trust-calibration": {"GET": READ},
    "api-trust-drift": {"GET": READ},
    "api-trust-contributors": {"GET": READ},
    "api-overturn": {"POST": WRITE},
    "api-trust-appeals": {"GET": READ},
    "api-trust-appeal-decide": {"POST": WRITE},
    "api-own-trust-appeal": {"POST": WORK},
    "api-flags": {"GET": READ},
    "api-flag-dismiss": {"POST": WRITE},
    "api-flag-confirm": {"POST": WRITE},
    "api-fairness": {"GET": READ, "POST": WRITE},
    # errors made good
    "api-restitutions": {"GET": READ},
    "api-restitution": {"GET": READ},
    "api-restitution-lines": {"GET": READ},
    # work
    "api-claim": {"POST": WORK},
    "api-submit": {"POST": WORK},
    "api-renew": {"POST": WORK},
    "api-release": {"POST": WORK},
    "api-skip": {"POST": WORK},
    "api-courses": {"GET": WORK},
    "api-course-start": {"POST": WORK},
    "api-step-answer": {"POST": WORK},
    # one's own account
    "api-own-consent": {"GET": WORK, "POST": WORK},
    "api-own-export": {"GET": WORK},
    "api-own-erase": {"POST": WORK},
    "api-open-projects": {"GET": WORK},
    "api-join": {"POST": WORK},
    # results
    "api-answers": {"GET": READ},
    "api-answer": {"GET": READ},
    "api-adjudications": {"GET": READ},
    "api-consensus": {"GET": READ},
    "api-items": {"GET": READ},
    "api-agreement": {"GET": READ},
    "api-agreement-by": {"GET": READ},
    "api-agreement-difference": {"GET": READ},
    "api-agreement-precision": {"GET": READ},
    "api-adaptive": {"GET": READ},
    "api-disputes": {"GET": READ_DISPUTES},
    "api-decide": {"POST": JUDGE},
    # models
    "api-models": {"GET": READ},
    "api-model-terms": {"GET": READ, "POST": WRITE},
    "api-model-promote": {"POST": WRITE},
    "api-model-demote": {"POST": WRITE},
    "api-model-prevalence": {"GET": READ, "POST": WRITE},
    "api-model-certificates": {"GET": READ},
    "api-model-anchoring": {"GET": READ},
    "api-next-raters": {"GET": READ},
    # imports, exports; those of payouts ask for the scope finance besides
    "api-imports": {"GET": READ, "POST": WRITE},
    "api-import": {"GET": READ},
    "api-import-errors": {"GET": READ},
    "api-import-cancel": {"POST": WRITE},
    "api-exports": {"GET": READ, "POST": WRITE},
    "api-export-stream": {"GET": READ},
    "api-export": {"GET": READ},
    "api-export-file": {"GET": READ},
    "api-export-cancel": {"POST": WRITE},
    # webhooks
    "api-webhooks": {"GET": READ, "POST": WRITE},
    "api-webhook": {"GET": READ, "PATCH": WRITE, "DELETE": WRITE},
    "api-webhook-ping": {"POST": WRITE},
    "api-webhook-rotate": {"POST": WRITE},
    "api-webhook-deliveries": {"GET": READ},
    "api-webhook-redeliver": {"POST": WRITE},
    "api-redeliver": {"POST": WRITE},
    # raters
    "api-raters": {"GET": READ, "POST": WRITE},
    "api-rater": {"GET": READ},
    "api-rater-preview": {"GET": READ, "POST": WRITE},
    "api-rater-forecast": {"GET": READ},
    "api-rater-launch": {"POST": WRITE},
    "api-rater-pause": {"POST": WRITE},
    "api-rater-resume": {"POST": WRITE},
    "api-rater-progress": {"GET": READ},
    "api-rater-votes": {"GET": READ},
    "api-rater-failures": {"GET": READ},
    "api-rater-retry": {"POST": WRITE},
    "api-rater-retrain": {"POST": WRITE},
    "api-rater-renew": {"POST": WRITE},
    "api-rater-batch-cancel": {"POST": WRITE},
    "api-prompts": {"GET": READ, "POST": WRITE},
    "api-example-pools": {"GET": READ, "POST": WRITE},
    "api-example": {"DELETE": WRITE},
    # one's own keys: what a key may do with them hangs on its scopes
    "api-keys": {"GET": ANY_KEY, "POST": ANY_KEY},
    "api-key-rotate": {"POST": ANY_KEY},
    "api-key-revoke": {"POST": ANY_KEY},
    # the document
    "api-openapi-yaml": {"GET": PUBLIC},
    "api-openapi-json": {"GET": PUBLIC},
    "api-docs": {"GET": PUBLIC},
    "api-redoc": {"GET": PUBLIC},
    # money
    "api-payouts": {"GET": READ_MONEY},
    "api-own-earnings": {"GET": WORK},
    "api-own-rejections": {"GET": WORK},
    "api-own-payee": {"GET": WORK, "POST": WORK},
    "api-own-statement": {"GET": WORK},
    "api-appeal": {"POST": WORK},
    "api-pay-reviews": {"GET": READ},
    "api-pay-approve": {"POST": WRITE},
    "api-pay-reject": {"POST": WRITE},
    "api-pay-terms": {"GET": READ, "POST": WRITE},
    "api-answer-approve": {"POST": WRITE},
    "api-answer-reject": {"POST": WRITE},
    "api-answer-reinstate": {"POST": WRITE},
    "api-appeals": {"GET": READ_DISPUTES},
    "api-appeal-decide": {"POST": JUDGE},
    "api-price-rules": {"GET": READ, "POST": WRITE},
    "api-price-preview": {"POST": WRITE},
    "api-bonuses": {"POST": WRITE},
    "api-bonuses-csv": {"POST": WRITE},
    "api-budget": {"POST": RULE},
    "api-batches": {"GET": READ_MONEY, "POST": PAY_OUT},
    "api-batch": {"GET": READ_MONEY},
    "api-batch-approve": {"POST": PAY_OUT},
    "api-batch-export": {"POST": PAY_OUT},
    "api-batch-file": {"GET": PAY_OUT},
    "api-batch-send": {"POST": PAY_OUT},
    "api-batch-cancel": {"POST": PAY_OUT},
    "api-batch-payments": {"POST": PAY_OUT},
    "api-worker-statement": {"GET": PAY_OUT},
}


def access_for(name: str | None, method: str) -> Access | None:
    """What the method of an address asks; None where it has no such method, and for whatever is not in the table."""
    return TABLE.get(name or "", {}).get("GET" if method == "HEAD" else method)


def reaches(granted: set[str], needed: KeyScope | None) -> bool:
    """Whether a key with these scopes may do what needs this one: who may write a project may read it."""
    if needed is None or needed in granted:
        return True
    return needed == KeyScope.PROJECT_READ and KeyScope.PROJECT_WRITE in granted
