"""The pages on which a project's people judge, pay and keep models, each in a state worth looking at."""

from __future__ import annotations

from cast import Cast, make_cast
from django.urls import reverse
from django.utils import timezone
from raters_at_work import chat_rater
from scenes import TEXTS, Scene

from crowd.enums import FlagKind, TrustLevel
from crowd.models import Course, Flag, TrustChange
from crowd.services.measuring import measure_project
from crowd.services.panels import refresh_panels
from crowd.services.refit import refit_project, request_refit
from crowd.services.restitution import correct_gold, work_off_restitution
from crowd.services.rules import set_rule
from crowd.services.tasks import NewTask, add_tasks
from crowd.services.trust_appeals import appeal_change
from crowd.services.trust_terms import set_trust

RULE = {
    "when": {"all": [{"measure": "gold_accuracy", "is": "<", "value": 0.75, "last": 10, "at_least": 3}]},
    "then": {"action": "restrict", "for_hours": 240},
}
TRY = "&".join(
    (
        "name=golds&join=all&measure-1=gold_accuracy&is-1=%3C&value-1=0.75&last-1=10&at_least-1=3&certainty-1=0.5",
        "action=restrict&for_hours=24&past=30",
    )
)


def manager_scenes() -> list[Scene]:
    """One project with disputes, judged workers, golds, models and money."""
    cast = make_cast(tasks=1, workers=5, name="Kettle reviews", budget_micros=40_000_000, min_overlap=3)
    rows = [NewTask(key=f"review-{i}", payload={"text": text, "product": "kettle"}) for i, text in enumerate(TEXTS)]
    add_tasks(project=cast.project, tasks=rows, actor=cast.owner)
    golds = cast.gold(6)
    _work(cast)
    change = _judged(cast)
    restitution = correct_gold(
        project=cast.project,
        task_uid=golds[0].task.uid,
        labels=["neutral"],
        reason="The text says both.",
        actor=cast.owner,
    )
    work_off_restitution(restitution_id=restitution.pk)
    refresh_panels(project_id=cast.project.pk)
    rater = chat_rater(cast, "https://models.example.org/v1")

    def scene(name: str, *arguments: object, query: str = "", shot: str = "") -> Scene:
        address = reverse(name, args=[cast.project.uid, *arguments]) + query
        return Scene(f"{name}{shot}", address, cast.owner)

    careless = cast.workers[3].uid
    return [
        scene("manage-disputes"),
        scene("manage-dispute", cast.task("review-2").uid),
        scene("manage-workers"),
        scene("manage-worker", careless),
        scene("manage-worker-action", cast.worker.uid, "suspend"),
        scene("manage-worker-overturn", careless, change.uid),
        scene("manage-trust-appeals"),
        scene("manage-rules", query=f"?{TRY}"),
        scene("manage-golds"),
        scene("manage-gold", golds[1].task.uid, query="?try=1&right=1"),
        scene("manage-restitution", restitution.uid),
        scene("manage-models"),
        scene("manage-rater-setup"),
        scene("manage-rater", rater.uid),
        scene("manage-pay"),
        scene("manage-pay-appeals"),
        scene("manage-batches"),
    ]


def _work(cast: Cast) -> None:
    cast.configure(gold_rate=1.0)
    for worker, value in zip(cast.workers[:4], ("positive", "positive", "positive", "negative"), strict=True):
        for _ in range(5):
            if cast.enrolment(worker).trust_level != TrustLevel.SUSPENDED:
                cast.answer(worker, value)
    cast.configure(gold_rate=0.0)
    for worker, value in zip(cast.workers[:3], ("negative", "positive", "neutral"), strict=True):
        for _ in range(len(TEXTS) + 1):
            cast.answer(worker, value)
    request_refit(project=cast.project)
    assert refit_project(project_id=cast.project.pk)


def _judged(cast: Cast) -> TrustChange:
    """Somebody is suspended by the manager and appeals, with an open flag and a qualification to be had."""
    careless, now = cast.workers[3], timezone.now()
    if cast.enrolment(careless).trust_level == TrustLevel.SUSPENDED:
        change = TrustChange.objects.filter(worker=careless).latest("id")
    else:
        change = set_trust(
            project=cast.project,
            worker_uid=careless.uid,
            level=TrustLevel.SUSPENDED,
            reason="Five golds in a row were answered negative.",
            actor=cast.manager,
            days=14,
        )
    appeal_change(worker=careless, change_uid=change.uid, reason="The golds were about another product.")
    Flag.objects.create(
        project=cast.project,
        worker=careless,
        kind=FlagKind.STRAIGHT_LINING,
        window=now.date(),
        p_value=0.003,
        evidence={"label": "negative", "run": 9, "answers": 9, "p_value": 0.003},
        created_at=now,
        updated_at=now,
    )
    set_rule(project=cast.project, name="golds", body=RULE, actor=cast.owner)
    Course.objects.create(project=cast.project, name="Reading reviews", created_at=now)
    measure_project(project_id=cast.project.pk)
    return change
