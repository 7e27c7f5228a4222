"""The fixed cast: an owner, a manager, a stranger and workers around one project, so that tests read as sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from crowd.enums import KeyScope, Role, TaskState
from crowd.models import ApiKey, Enrolment, Gold, Membership, Project, Task, User, Worker
from crowd.policies.api_keys import digest_of
from crowd.services.answers import Submission, submit_answer
from crowd.services.api_keys import issue_key
from crowd.services.assignments import Claim, claim_task
from crowd.services.processing import process_answer
from crowd.services.projects import ProjectPlan, create_project, launch_project
from crowd.services.tasks import NewGold, NewTask, add_golds, add_tasks
from crowd.services.workers import NewWorker, add_workers

LABELS = ("negative", "neutral", "positive")


@dataclass
class Cast:
    """People and one live project with three labels, two tasks and no golds."""

    owner: User
    manager: User
    finance: User
    stranger: User
    project: Project
    workers: list[Worker] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)

    @property
    def worker(self) -> Worker:
        """The first worker."""
        return self.workers[0]

    def claim(self, worker: Worker | None = None) -> Claim:
        """Claim as a worker."""
        return claim_task(project_uid=self.project.uid, worker=worker or self.worker)

    def answer(self, worker: Worker, value: str = "positive", *, is_processed: bool = True) -> Submission:
        """Claim and submit as a worker, and process the answer as a job would."""
        claim = self.claim(worker)
        assert claim.assignment is not None, f"nothing to answer: {claim.state}"
        submission = submit_answer(assignment_uid=claim.assignment.uid, worker=worker, value=value)
        if is_processed:
            process_answer(answer_id=submission.answer.pk)
        return submission

    def enrolment(self, worker: Worker | None = None) -> Enrolment:
        """A worker's enrolment as it stands in the database."""
        return Enrolment.objects.get(project=self.project, worker=worker or self.worker)

    def task(self, key: str = "t1") -> Task:
        """A task as it stands in the database."""
        return Task.objects.get(project=self.project, key=key)

    def gold(self, n: int = 1, label: str = "positive") -> list[Gold]:
        """Add golds whose right label is the same."""
        start = Task.objects.filter(project=self.project, state=TaskState.GOLD).count()
        new = [
            NewGold(key=f"g{i}", payload={"text": f"gold {i}"}, labels=(label,), reason="because")
            for i in range(start + 1, start + n + 1)
        ]
        add_golds(project=self.project, golds=new, actor=self.owner)
        return list(Gold.objects.filter(project=self.project).order_by("id"))

    def configure(self, **fields: Any) -> Project:
        """Change the project's settings behind the services' back."""
        Project.objects.filter(pk=self.project.pk).update(**fields)
        self.project.refresh_from_db()
        return self.project

    def key_of(self, user: User, *scopes: KeyScope) -> str:
        """A fresh API key of a user, whose use is noted already: a first use would cost one more query."""
        key = issue_key(user=user, name="test", scopes=scopes or list(KeyScope))
        ApiKey.objects.filter(digest=digest_of(key)).update(last_used_at=timezone.now())
        return key


def make_cast(*, tasks: int = 2, workers: int = 4, payload: dict[str, Any] | None = None, **plan: Any) -> Cast:
    """Set up the cast; ``plan`` overrides the project's settings. A second cast lives at another domain.

    With a payload, all tasks have it; else each has a text of its own.
    """
    casts = User.objects.filter(name="olga").count()
    domain = "example.org" if casts == 0 else f"example{casts}.org"
    owner, manager, finance, stranger = (
        User.objects.create_user(f"{name}@{domain}", "correct horse", name=name)
        for name in ("olga", "mara", "finn", "sam")
    )
    settings: dict[str, Any] = {
        "name": "Sentiment",
        "labels": tuple({"value": value, "title": value.title()} for value in LABELS),
        "instructions": "Say how the text sounds.",
        "min_overlap": 2,
        "max_overlap": 3,
        "target_confidence": 0.8,
        "gold_rate": 0.0,
        "price_micros": 20_000,
        "lease_seconds": 60,
        "aggregation_model": "dawid-skene",
    } | plan
    project = create_project(plan=ProjectPlan(**settings), owner=owner)
    Membership.objects.create(project=project, user=manager, role=Role.MANAGER)
    Membership.objects.create(project=project, user=finance, role=Role.FINANCE)
    add_tasks(
        project=project,
        tasks=[NewTask(key=f"t{i}", payload=payload or {"text": f"text {i}"}) for i in range(1, tasks + 1)],
        actor=owner,
    )
    launch_project(project=project, actor=owner)
    cast = Cast(owner, manager, finance, stranger, project)
    for new in add_workers(
        project=project, workers=[NewWorker(name=f"w{i}") for i in range(1, workers + 1)], actor=owner
    ):
        cast.workers.append(new.worker)
        cast.keys[new.worker.pk] = new.key
    return cast
