"""What of pay exists for the parameters of an address in the tests of permissions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cast import Cast

from crowd.enums import BatchFormat, PayeeMethod
from crowd.models import Appeal, Batch, PayReview
from crowd.policies.payees import Payee
from crowd.services.appeals import appeal_rejection
from crowd.services.batches import approve_batch, export_batch, make_batch
from crowd.services.pay_review import approve_answer, reject_answer
from crowd.services.payees import set_payee

PAY_BODIES: dict[str, dict[str, Any]] = {"api-appeal": {"reason": "I did read it"}}


def rejected(cast: Cast) -> PayReview:
    """A rejected answer of the first worker."""
    answer = cast.answer(cast.worker).answer
    return reject_answer(
        project=cast.project, answer_uid=answer.uid, actor=cast.manager, reason="random", evidence={"n": 1}
    )


def appeal(cast: Cast) -> Appeal:
    """An open appeal of the first worker."""
    return appeal_rejection(worker=cast.worker, answer_uid=rejected(cast).answer.uid, reason="no")


def exported_batch(cast: Cast) -> Batch:
    """A batch with its file."""
    set_payee(worker=cast.worker, payee=Payee(method=PayeeMethod.PAYPAL, recipient="w@example.org"))
    answer = cast.answer(cast.worker).answer
    approve_answer(project=cast.project, answer_uid=answer.uid, actor=cast.manager)
    made = make_batch(project=cast.project, batch_format=BatchFormat.PAYPAL_CSV, options={}, maker=cast.manager)
    approve_batch(project=cast.project, batch_uid=made.batch.uid, actor=cast.owner)
    export_batch(project=cast.project, batch_uid=made.batch.uid, actor=cast.owner)
    return made.batch


PAY_FILL: dict[str, Callable[[Cast], Any]] = {
    "rejection": lambda cast: rejected(cast).answer.uid,
    "appeal": lambda cast: appeal(cast).uid,
    "batch": lambda cast: exported_batch(cast).uid,
}
