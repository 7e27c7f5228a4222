"""One row more in each list of the API: for tests that compare what a long list costs with what a short one does."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cast import Cast, make_cast
from django.utils import timezone
from example_scenes import Found, compared, disputed, drafted_for, launched, settled
from filled import FILL, course, webhook
from model_crowds import add_model, give
from pay_rows import appeal, exported_batch, rejected
from raters_at_work import work

from crowd.enums import FailureReason, RestitutionLineKind, Role, TrustLevel, WorkerKind
from crowd.models import Flag, ItemScore, Membership, RaterRun, Requirements, RestitutionLine, User, VoteFailure, Worker
from crowd.services.pay_review import approve_answer
from crowd.services.prices import set_price_rule
from crowd.services.prompts import NewExample, PromptText, add_examples, add_prompt_version
from crowd.services.raters import NewRater, create_rater
from crowd.services.restitution import overturn_change
from crowd.services.rules import set_rule
from crowd.services.tasks import NewTask, add_tasks
from crowd.services.trust_appeals import appeal_change
from crowd.services.trust_terms import set_trust
from crowd.services.webhook_settings import ping_webhook
from crowd.services.workers import NewWorker, add_workers

# The cast, how many rows were added before, what the list's address names so far: what it names from now on.
Grow = Callable[[Cast, int, Found], Any]
RULE = {"when": {"all": [{"measure": "skips_in_row", "is": ">", "value": 3}]}, "then": {"action": "note"}}


def suspend(cast: Cast, worker: Worker, level: TrustLevel = TrustLevel.SUSPENDED) -> Any:
    return set_trust(project=cast.project, worker_uid=worker.uid, level=level, reason="careless", actor=cast.manager)


def change_level(cast: Cast, worker: Worker, n: int) -> None:
    suspend(cast, worker, (TrustLevel.RESTRICTED, TrustLevel.NEW)[n % 2])


def raise_flag(cast: Cast, worker: Worker, n: int) -> None:
    now = timezone.now()
    day = (now - timedelta(days=n)).date()
    Flag.objects.create(
        project=cast.project, worker=worker, kind="too_fast", window=day, evidence={}, created_at=now, updated_at=now
    )


def another_worker(cast: Cast, n: int) -> Worker:
    return add_workers(project=cast.project, workers=[NewWorker(name=f"new {n}")], actor=cast.owner)[0].worker


def approve(cast: Cast, worker: Worker) -> None:
    answer = cast.answer(worker).answer
    approve_answer(project=cast.project, answer_uid=answer.uid, actor=cast.manager)


def earn_elsewhere(cast: Cast, n: int, bound: Found) -> None:
    other = make_cast(tasks=2)
    add_workers(project=other.project, workers=[NewWorker(uid=cast.worker.uid)], actor=other.owner)
    other.answer(cast.worker)


def open_another(cast: Cast, n: int, bound: Found) -> None:
    Requirements.objects.create(project=make_cast().project, is_open=True, updated_at=timezone.now())


def own_another(cast: Cast, n: int, bound: Found) -> None:
    Membership.objects.create(project=make_cast().project, user=cast.owner, role=Role.OWNER)


def score_item(cast: Cast, n: int, bound: Found) -> Found:
    bound = bound or compared(cast)
    score = ItemScore.objects.filter(project__uid=bound["project"]).latest("place")
    score.pk, score.item, score.place = None, f"item {n}", score.place + 1
    score.save()
    return bound


def give_role(cast: Cast, n: int, bound: Found) -> None:
    user = User.objects.create_user(f"member{n}@example.org", "correct horse", name=f"m{n}")
    Membership.objects.create(project=cast.project, user=user, role=Role.ADJUDICATOR)


def vote_of_model(cast: Cast, n: int, bound: Found) -> None:
    give(cast, add_model(cast, f"m{n}"), {cast.task().pk: 0})


def make_rater(cast: Cast, n: int, bound: Found) -> None:
    spec = {"type": "keyword", "labels": {"positive": [f"word{n}"]}}
    new = NewRater(name=f"words {n}", kind=WorkerKind.FUNCTION, spec=spec)
    create_rater(project=cast.project, new=new, actor=cast.owner)


def vote(cast: Cast, n: int, bound: Found) -> Found:
    add_tasks(project=cast.project, tasks=[NewTask(key=f"v{n}", payload={"text": "She loves it"})], actor=cast.owner)
    bound = bound or launched(cast)
    work(cast.project.raters.get(uid=bound["rater"]), slices=1)
    return bound


def fail_vote(cast: Cast, n: int, bound: Found) -> Found:
    bound = bound or launched(cast)
    run = RaterRun.objects.get(rater__uid=bound["rater"])
    VoteFailure.objects.create(
        rater=run.rater,
        run=run,
        task=cast.task(f"t{n + 1}"),
        reason=FailureReason.TIMEOUT,
        detail="slow",
        created_at=timezone.now(),
    )
    return bound


def overturn(cast: Cast, n: int, bound: Found) -> None:
    change = suspend(cast, cast.workers[n])
    overturn_change(project=cast.project, change_uid=change.uid, reason="wrong", actor=cast.owner)


def make_good(cast: Cast, n: int, bound: Found) -> Found:
    bound = bound or {"restitution": FILL["restitution"](cast)}
    RestitutionLine.objects.create(
        restitution=cast.project.restitutions.get(uid=bound["restitution"]),
        worker=cast.workers[n],
        kind=RestitutionLineKind.values[0],
        subject=uuid.uuid4(),
        created_at=timezone.now(),
    )
    return bound


def answer_one_task(cast: Cast, n: int, bound: Found) -> Found:
    give(cast, cast.workers[n], {cast.task().pk: 0})
    return {"task": cast.task().uid}


def contest(cast: Cast, n: int, bound: Found) -> None:
    worker = cast.workers[n]
    appeal_change(worker=worker, change_uid=suspend(cast, worker).uid, reason="I was careful")


def ping(cast: Cast, n: int, bound: Found) -> Found:
    bound = bound or {"webhook": webhook(cast).uid}
    ping_webhook(webhook=cast.project.webhooks.get(uid=bound["webhook"]))
    return bound


def prompt(cast: Cast, n: int, bound: Found) -> None:
    text = PromptText(system="", user="{{ payload.text }}", words={})
    for _ in range(n + 1):
        add_prompt_version(project=cast.project, name=f"p{n}", text=text, actor=cast.owner)


def example_pool(cast: Cast, n: int, bound: Found) -> None:
    rows = [NewExample(payload={"text": f"nice {n}"}, label="positive")]
    add_examples(project=cast.project, pool=f"pool {n}", examples=rows, actor=cast.owner)


def report(cast: Cast, n: int, bound: Found) -> Found:
    worker = cast.workers[1]
    raise_flag(cast, worker, n)
    change_level(cast, worker, n)
    return {"worker": worker.uid}


def trust_line(cast: Cast, n: int, bound: Found) -> None:
    worker = another_worker(cast, n)
    cast.answer(worker)
    suspend(cast, worker)


# By operation; the part of the reply that grows is `results` unless it is named.
GROWING: dict[str, tuple[str, Grow]] = {
    "get_courses": ("results", lambda cast, n, bound: course(cast) and {}),
    "get_keys": ("results", lambda cast, n, bound: FILL["key"](cast) and {}),
    "get_open_projects": ("results", open_another),
    "get_own_earnings": ("results", earn_elsewhere),
    "get_own_rejections": ("results", lambda cast, n, bound: rejected(cast) and {}),
    "get_own_statement": ("records", lambda cast, n, bound: approve(cast, cast.worker)),
    "get_own_report": ("decisions", lambda cast, n, bound: change_level(cast, cast.worker, n)),
    "get_projects": ("results", own_another),
    "get_adjudications": ("results", lambda cast, n, bound: settled(cast) and {}),
    "get_agreement_by": ("results", lambda cast, n, bound: cast.answer(cast.workers[n]) and {}),
    "get_answers": ("results", lambda cast, n, bound: cast.answer(cast.workers[n]) and {}),
    "get_appeals": ("results", lambda cast, n, bound: appeal(cast) and {}),
    "get_assignments": ("results", lambda cast, n, bound: cast.claim(cast.workers[n]) and {}),
    "get_batches": ("results", lambda cast, n, bound: exported_batch(cast) and {}),
    "get_batch": ("lines", lambda cast, n, bound: {"batch": drafted_for(cast, cast.workers[: n + 1]).uid}),
    "get_consensus": ("results", lambda cast, n, bound: cast.answer(cast.worker) and {}),
    "get_project_courses": ("results", lambda cast, n, bound: course(cast) and {}),
    "get_disputes": ("results", lambda cast, n, bound: disputed(cast) and {}),
    "get_events": ("results", lambda cast, n, bound: cast.gold(1) and {}),
    "get_example_pools": ("results", example_pool),
    "get_exports": ("results", lambda cast, n, bound: FILL["export"](cast) and {}),
    "get_imports": ("results", lambda cast, n, bound: FILL["upload"](cast) and {}),
    "get_flags": ("results", lambda cast, n, bound: raise_flag(cast, cast.workers[n], n)),
    "get_golds": ("results", lambda cast, n, bound: cast.gold(1) and {}),
    "get_items": ("results", score_item),
    "get_members": ("results", give_role),
    "get_models": ("results", vote_of_model),
    "get_model_certificates": ("results", vote_of_model),
    "get_model_prevalence": ("results", vote_of_model),
    "get_pay_reviews": ("results", lambda cast, n, bound: cast.answer(cast.workers[n]) and {}),
    "get_payouts": ("results", lambda cast, n, bound: cast.answer(cast.workers[n]) and {}),
    "get_price_rules": (
        "results",
        lambda cast, n, bound: (
            set_price_rule(project=cast.project, body={"base_micros": 20_000 + n, "factors": []}, actor=cast.owner)
            and {}
        ),
    ),
    "get_prompts": ("results", prompt),
    "get_raters": ("results", make_rater),
    "get_rater_failures": ("results", fail_vote),
    "get_rater_votes": ("results", vote),
    "get_restitutions": ("results", overturn),
    "get_restitution_lines": ("results", make_good),
    "get_rules": (
        "results",
        lambda cast, n, bound: set_rule(project=cast.project, name=f"r{n}", body=RULE, actor=cast.owner) and {},
    ),
    "get_task": ("answers", answer_one_task),
    "get_tasks": (
        "results",
        lambda cast, n, bound: (
            add_tasks(project=cast.project, tasks=[NewTask(key=f"x{n}", payload={"text": "x"})], actor=cast.owner)
            and {}
        ),
    ),
    "get_trust": ("results", trust_line),
    "get_trust_appeals": ("results", contest),
    "get_webhooks": ("results", lambda cast, n, bound: webhook(cast) and {}),
    "get_webhook_deliveries": ("results", ping),
    "get_workers": ("results", lambda cast, n, bound: another_worker(cast, n) and {}),
    "get_worker_report": ("changes", report),
    "get_worker_statement": (
        "records",
        lambda cast, n, bound: approve(cast, cast.workers[1]) or {"worker": cast.workers[1].uid},
    ),
}
