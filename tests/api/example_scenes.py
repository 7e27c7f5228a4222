"""What must have happened before an example of the API's document can be executed, and whose key it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cast import Cast, make_cast
from django.utils import timezone
from filled import FILL, course, suspension, webhook
from model_crowds import add_model, give, people_of, truth_of, votes_of
from pay_rows import exported_batch, rejected
from raters_at_work import chat_rater, work

from crowd.enums import BatchFormat, CallBatchState, PayeeMethod, RaterRunKind, Role, TaskState, TrustLevel, WorkerKind
from crowd.models import Batch, Membership, Project, Rater, RaterBatch, ServedModel, Task, Worker
from crowd.policies.payees import Payee
from crowd.services.adjudication import adjudicate_task
from crowd.services.batches import approve_batch, make_batch, mark_sent
from crowd.services.consents import publish_text
from crowd.services.file_jobs import work_off_files
from crowd.services.pay_review import approve_answer
from crowd.services.payees import set_payee
from crowd.services.prices import set_price_rule
from crowd.services.prompts import PromptText, add_prompt_version
from crowd.services.qualifications import grant_qualification
from crowd.services.rater_runs import launch_rater, pause_rater
from crowd.services.raters import NewRater, create_rater
from crowd.services.refit import refit_project, request_refit
from crowd.services.rules import set_rule
from crowd.services.tasks import NewTask, add_tasks
from crowd.services.trust_appeals import appeal_change
from crowd.services.trust_terms import set_trust
from crowd.services.vote_states import promote_model
from crowd.services.webhook_settings import ping_webhook

Found = dict[str, Any]
TEXTS = ("Arrived a day early.", "The lid does not close.", "It is a bag.", "My son loves it.", "Too small for us.")
TERMS = "You are paid for every answer."
RULE = {
    "when": {"all": [{"measure": "skips_in_row", "is": ">", "value": 3}]},
    "then": {"action": "pause", "for_hours": 2},
}


def filled_project() -> Cast:
    """A project in the middle of its life: 60 tasks with four answers each and a model's votes, 20 open ones, golds."""
    cast = make_cast(tasks=60, workers=6, min_overlap=3, max_overlap=5, name="Shop reviews", budget_micros=10**9)
    truth = truth_of(cast)
    people_of(cast, truth, 0.85, overlap=4)
    give(cast, add_model(cast), votes_of(truth, 0.95))
    refit_project(project_id=cast.project.pk)
    tasks = [NewTask(key=f"n{i}", payload={"text": TEXTS[i % len(TEXTS)]}) for i in range(20)]
    add_tasks(project=cast.project, tasks=tasks, actor=cast.owner)
    cast.gold(2)
    return cast


def model(cast: Cast) -> Worker:
    return Worker.objects.get(kind=WorkerKind.LLM)


def open_task(cast: Cast) -> Task:
    return Task.objects.filter(project=cast.project, is_open=True).latest("id")


def disputed(cast: Cast) -> Found:
    task = open_task(cast)
    Task.objects.filter(pk=task.pk).update(state=TaskState.DISPUTED, open_slots=0, is_open=False, overlap=0)
    return {"task": task.uid}


def settled(cast: Cast) -> Found:
    found = disputed(cast)
    adjudicate_task(
        project=cast.project, task_uid=found["task"], adjudicator=cast.manager, value="neutral", reason="both"
    )
    return found


def prompted(cast: Cast) -> Found:
    text = PromptText(system="You label reviews.", user="{{ payload.text }}", words={})
    add_prompt_version(project=cast.project, name="sentiment", text=text, actor=cast.owner)
    return {}


def priced(cast: Cast) -> Found:
    set_price_rule(project=cast.project, body={"base_micros": 20_000, "factors": []}, actor=cast.owner)
    return {}


def pinged(cast: Cast) -> Found:
    hook = webhook(cast)
    ping_webhook(webhook=hook)
    return {"webhook": hook.uid}


def voted(cast: Cast) -> Found:
    found = launched(cast)
    work(cast.project.raters.get(uid=found["rater"]), slices=1)
    return found


def rejected_answer(cast: Cast) -> Found:
    return {"answer": rejected(cast).answer.uid}


def due(cast: Cast, worker: Worker | None = None) -> None:
    worker = worker or cast.worker
    set_payee(worker=worker, payee=Payee(method=PayeeMethod.PAYPAL, recipient="w@example.org"))
    answer = cast.answer(worker).answer
    approve_answer(project=cast.project, answer_uid=answer.uid, actor=cast.manager)


def drafted_for(cast: Cast, workers: Sequence[Worker]) -> Batch:
    """A batch with a line for each of them."""
    for worker in workers:
        due(cast, worker)
    return make_batch(project=cast.project, batch_format=BatchFormat.PAYPAL_CSV, options={}, maker=cast.manager).batch


def drafted(cast: Cast) -> Batch:
    return drafted_for(cast, [cast.worker])


def approved_batch(cast: Cast) -> Found:
    batch = drafted(cast)
    approve_batch(project=cast.project, batch_uid=batch.uid, actor=cast.owner)
    return {"batch": batch.uid}


def held(cast: Cast) -> Found:
    of = course(cast)
    worker = cast.workers[1].uid
    grant_qualification(
        project=cast.project, worker_uid=worker, course_uid=of.uid, days=None, reason="", actor=cast.owner
    )
    return {"course": of.uid}


def contested(cast: Cast) -> Found:
    change = set_trust(
        project=cast.project,
        worker_uid=cast.worker.uid,
        level=TrustLevel.RESTRICTED,
        reason="careless",
        actor=cast.manager,
    )
    return {"appeal": appeal_change(worker=cast.worker, change_uid=change.uid, reason="I was careful").uid}


def counted(cast: Cast) -> Found:
    if cast.project.enrolments.get(worker=model(cast)).vote_state == "shadow":
        promote_model(project=cast.project, worker_uid=model(cast).uid, reason="as tested", actor=cast.owner)
    return {"worker": model(cast).uid}


def launched(cast: Cast) -> Found:
    rater = create_rater(
        project=cast.project,
        new=NewRater(
            name="words", kind=WorkerKind.FUNCTION, spec={"type": "keyword", "labels": {"positive": ["loves"]}}
        ),
        actor=cast.owner,
    )
    launch_rater(rater=rater, actor=cast.owner)
    return {"rater": rater.uid}


def paused(cast: Cast) -> Found:
    found = launched(cast)
    rater = cast.project.raters.get(uid=found["rater"])
    assert rater.runs.filter(kind=RaterRunKind.VOTES).exists()
    pause_rater(rater=rater, actor=cast.owner)
    return found


def asked_in_files(cast: Cast) -> Found:
    """A rater with a batch file that its host is working on."""
    rater = hosted(cast, is_batched=True)
    plan: Found = {"rater": rater, "run": launch_rater(rater=rater, actor=cast.owner), "discount_percent": 50}
    sent: Found = {"state": CallBatchState.SUBMITTED, "remote_id": "batch_1", "calls_made": 20}
    RaterBatch.objects.create(**plan, **sent, created_at=timezone.now(), submitted_at=timezone.now())
    return {"rater": rater.uid}


def served_by_another(cast: Cast) -> Found:
    """A rater for which another model has begun to answer."""
    rater = hosted(cast)
    for name, is_own in (("gpt-x-2026-01", True), ("gpt-x-2026-05", False)):
        ServedModel.objects.create(rater=rater, name=name, is_own=is_own, seen_at=timezone.now())
    return {"rater": rater.uid}


def hosted(cast: Cast, **changes: Any) -> Rater:
    return chat_rater(cast, "https://api.example.com/v1", name="hosted", spec={"model": "gpt-x"}, **changes)


def made_file(cast: Cast) -> Found:
    uid = FILL["export"](cast)
    work_off_files()
    return {"export": uid}


def sent_batch(cast: Cast) -> Found:
    batch = exported_batch(cast)
    mark_sent(project=cast.project, batch_uid=batch.uid, actor=cast.owner)
    return {"batch": batch.uid}


def trained(cast: Cast) -> Found:
    """A classifier, and tasks that people have settled since it was trained."""
    new = NewRater(name="learned", kind=WorkerKind.CLASSIFIER, spec={"field": "text"})
    rater = create_rater(project=cast.project, new=new, actor=cast.owner)
    fresh = Task.objects.filter(project=cast.project, key__startswith="n").order_by("id")[:6]
    people_of(cast, {task.pk: i % 3 for i, task in enumerate(fresh)}, 1.0, overlap=4)
    request_refit(project=cast.project)
    Project.objects.filter(pk=cast.project.pk).update(refit_not_before=None)
    refit_project(project_id=cast.project.pk)
    return {"rater": rater.uid}


def compared(cast: Cast) -> Found:
    """Another project of the owner, in which three items are compared."""
    payload = {"responses": [{"id": "m1", "text": "Bring it back."}, {"id": "m2", "text": "You may bring it back."}]}
    other = make_cast(tasks=3, answer_type="pairwise", labels=(), aggregation_model="auto", payload=payload)
    Membership.objects.create(project=other.project, user=cast.owner, role=Role.OWNER)
    for worker in other.workers[:2]:
        for _ in range(3):
            other.answer(worker, "b")
    refit_project(project_id=other.project.pk)
    return {"project": other.project.uid}


SCENES: dict[str, Callable[[Cast], Found]] = {
    "post_decide": disputed,
    "get_disputes": disputed,
    "get_items": compared,
    "post_batch_payments": sent_batch,
    "post_rater_retrain": trained,
    "post_rater_batch_cancel": asked_in_files,
    "post_rater_renew": served_by_another,
    "get_own_consent": lambda _: publish_text(text=TERMS) and {},
    "post_own_consent": lambda _: publish_text(text=TERMS) and {},
    "post_rater_retry": launched,
    "get_appeals": lambda cast: FILL["appeal"](cast) and {},
    "get_own_rejections": lambda cast: rejected(cast) and {},
    "get_flags": lambda cast: FILL["flag"](cast) and {},
    "get_imports": lambda cast: FILL["upload"](cast) and {},
    "get_exports": lambda cast: FILL["export"](cast) and {},
    "get_webhooks": lambda cast: FILL["webhook"](cast) and {},
    "get_raters": lambda cast: FILL["rater"](cast) and {},
    "get_restitutions": lambda cast: FILL["restitution"](cast) and {},
    "get_batches": lambda cast: FILL["batch"](cast) and {},
    "get_project_courses": lambda cast: course(cast) and {},
    "get_example_pools": lambda cast: FILL["example"](cast) and {},
    "get_assignments": lambda cast: cast.claim() and {},
    "get_rules": lambda cast: set_rule(project=cast.project, name="careless", body=RULE, actor=cast.owner) and {},
    "get_adjudications": settled,
    "get_prompts": prompted,
    "get_price_rules": priced,
    "get_pay_reviews": lambda cast: cast.answer(cast.worker) and {},
    "get_own_earnings": lambda cast: due(cast) or {},
    "get_payouts": lambda cast: due(cast) or {},
    "get_own_payee": lambda cast: due(cast) or {},
    "get_webhook_deliveries": pinged,
    "post_webhook_redeliver": pinged,
    "get_rater_votes": voted,
    "post_answer_reinstate": rejected_answer,
    "get_batch_file": lambda cast: {"batch": exported_batch(cast).uid},
    "post_batches": lambda cast: due(cast) or {},
    "post_batch_approve": lambda cast: {"batch": drafted(cast).uid},
    "post_batch_cancel": lambda cast: {"batch": drafted(cast).uid},
    "post_batch_export": approved_batch,
    "post_revoke": held,
    "post_unblock": lambda cast: suspension(cast) and {},
    "post_trust_appeal_decide": contested,
    "get_trust_appeals": contested,
    "post_model_promote": lambda cast: {"worker": model(cast).uid},
    "post_model_demote": counted,
    "post_rater_pause": launched,
    "post_rater_resume": paused,
    "get_export_file": made_file,
    "post_rule_retire": lambda cast: (
        set_rule(project=cast.project, name="careless", body=RULE, actor=cast.owner) and {}
    ),
    "post_launch": lambda cast: cast.configure(state="paused") and {},
    "post_gold_correct": lambda cast: {"task": cast.gold(1)[-1].task.uid},
    "post_gold_retire": lambda cast: {"task": cast.gold(1)[-1].task.uid},
    "get_courses": lambda cast: course(cast) and {},
}
# What an example names where the tests of permissions would put something else.
PUT: dict[str, Callable[[Cast], Any]] = FILL | {
    "task": lambda cast: open_task(cast).uid,
    "view": lambda _: "worker",
    "kind": lambda _: "consensus",
}
