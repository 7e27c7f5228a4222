"""Every page of the site in a state worth looking at, for screenshots with inspections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cast import Cast, make_cast
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from questions import ASKED

from crowd.enums import Role, TrustLevel
from crowd.models import Assignment, Membership, Requirements, User
from crowd.policies.standing import STEP
from crowd.policies.trust import TrustDecision
from crowd.services.consents import give_consent, publish_text
from crowd.services.panels import refresh_panels
from crowd.services.refit import refit_project, request_refit
from crowd.services.sign_up import make_invitation
from crowd.services.tasks import NewTask, add_tasks
from crowd.services.trust import change_trust
from web.manager.panels import TITLES

TEXTS = [
    "The lid arrived cracked, and the second one they sent did not fit either.",
    "It does what it says. I have no strong feelings about a kettle.",
    "Three winters of daily use and the handle is still as tight as on the first day. I would buy it again tomorrow.",
    "Sturdy box, slow delivery.",
    "הכיסא נוח מאוד, אבל ההרכבה לקחה שעתיים.",
]


@dataclass(frozen=True)
class Scene:
    """A page to look at: its name, its address, who looks (None: nobody is logged in)."""

    name: str
    address: str
    user: User | None


def build_scenes() -> tuple[Cast, list[Scene]]:
    """A project in the middle of its work, with one page of every kind."""
    cast = make_cast(tasks=STEP, workers=6, name="Kettle reviews", budget_micros=40_000_000)
    texts = TEXTS * 2
    add_tasks(
        project=cast.project,
        tasks=[NewTask(key=f"review-{i}", payload={"text": text, "product": "kettle"}) for i, text in enumerate(texts)],
        actor=cast.owner,
    )
    cast.gold(12)
    steady, careless, fresh, idle, second, third = cast.workers
    cast.configure(gold_rate=0.5, instructions=cast.project.instructions + "\n\nWhen in doubt, choose neutral.")
    for n in range(STEP + 2):
        cast.answer(steady)
        if n < STEP // 2:
            cast.answer(second, "positive")
            cast.answer(third, "negative" if n % 3 == 0 else "positive")
    cast.configure(gold_rate=1.0)
    for _ in range(3):
        cast.answer(careless, "negative")
    decision = TrustDecision(TrustLevel.SUSPENDED, "3 of 3 gold answers wrong", {"gold_right": 0, "gold_wrong": 3})
    change_trust(enrolment=cast.enrolment(careless), decision=decision, at=timezone.now())
    cast.configure(gold_rate=0.0)
    request_refit(project=cast.project)
    assert refit_project(project_id=cast.project.pk)
    held = cast.claim(fresh).assignment
    assert held is not None
    # Long leases keep the clock from running out while the page is looked at.
    Assignment.objects.filter(pk=held.pk).update(deadline=timezone.now() + timedelta(minutes=9, seconds=41))
    held.task.payload = {"text": TEXTS[2], "product": "Copper kettle, 1.2 l"}
    held.task.save(update_fields=["payload"])
    Membership.objects.create(project=cast.project, user=idle.user, role=Role.MANAGER)
    work = {
        name: reverse(name, args=[cast.project.uid])
        for name in ("work", "work-wait", "work-finished", "work-no-budget")
    }
    operator = User.objects.create_user("root@example.org", "correct horse", name="root", is_staff=True)
    terms = publish_text(
        text="Answer what you see, not what you think we want.\n\nYou are paid for every answer in time."
    )
    for worker in (steady, careless, fresh, idle, second):
        give_consent(user=worker.user, version=terms.version)
    Requirements.objects.create(project=make_cast(name="Open to all").project, is_open=True, updated_at=timezone.now())
    refresh_panels(project_id=cast.project.pk)
    return cast, [
        Scene("log-in", reverse("log-in"), None),
        Scene("sign-up", reverse("sign-up"), None),
        Scene("sign-up-link", reverse("sign-up-link", args=[make_invitation(email="ada@example.org")]), None),
        Scene("sign-up-old", reverse("sign-up-link", args=["old"]), None),
        Scene("profile", reverse("profile"), steady.user),
        Scene("consent", reverse("consent"), third.user),
        Scene("home", reverse("home"), idle.user),
        Scene("home-empty", reverse("home"), cast.stranger),
        Scene("me", reverse("me"), steady.user),
        Scene("me-suspended", reverse("me"), careless.user),
        Scene("work-start", work["work"], idle.user),
        Scene("work-task", work["work"], fresh.user),
        Scene("work-suspended", work["work"], careless.user),
        Scene("work-wait", work["work-wait"], idle.user),
        Scene("work-finished", work["work-finished"], idle.user),
        Scene("work-no-budget", work["work-no-budget"], idle.user),
        Scene("manage", reverse("manage", args=[cast.project.uid]), cast.owner),
        *(
            Scene(f"panel-{name}", reverse("manage-panel", args=[cast.project.uid, name]), cast.owner)
            for name in TITLES
        ),
        Scene("operators", reverse("operators"), operator),
        Scene("not-found", "/nothing-here", cast.owner),
    ]


def question_scenes() -> list[Scene]:
    """A task of every answer type in somebody's hand; with the project of a cast of its own."""
    scenes = []
    for kind, asked in ASKED.items():
        cast = asked.cast(tasks=1)
        cast.configure(lease_seconds=600)
        cast.claim()
        scenes.append(Scene(f"ask-{kind}", reverse("work", args=[cast.project.uid]), cast.worker.user))
    return scenes


def session_cookie(user: User) -> str:
    """The cookie of a fresh session."""
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value
