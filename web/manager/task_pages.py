"""The list of tasks with what can be done to several at once, and the whole history of one."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crowd.enums import AnswerType, TaskState
from crowd.models import Answer, Project
from crowd.policies.answer_types import LABELLED
from crowd.policies.known_answers import answer_of
from crowd.policies.routing import asked_priority
from crowd.queries.task_list import NEWEST, ORDERS, STATES, TasksAsked, entropy_bits, task_page
from crowd.queries.task_story import TaskStory, task_story
from crowd.services.bulk_tasks import CANCEL, EXPERT, EXTEND, PRIORITY, Steering, steer_tasks
from web.figures import number, percent
from web.manager.doors import manager_form, manager_page, show, user_of, way_back
from web.manager.excerpts import excerpt, value_in_words
from web.manager.lines import ConsensusLine, EventLine, legend, posterior_bar
from web.money import Money
from web.worker.media import shows_payloads
from web.worker.questions import question_of

PER_PAGE = 50
ACTIONS = [
    (EXTEND, gettext_lazy("Ask for more answers")),
    (EXPERT, gettext_lazy("Send to an expert")),
    (PRIORITY, gettext_lazy("Set the priority")),
    (CANCEL, gettext_lazy("Cancel")),
]


class FilterForm(forms.Form):
    """Which tasks, in which order."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("Any")), *((state.value, state.label) for state in STATES)],
    )
    key = forms.CharField(label=gettext_lazy("Key begins with"), required=False, max_length=200)
    below = forms.FloatField(
        label=gettext_lazy("Confidence under, in percent"), required=False, min_value=0, max_value=100
    )
    contested = forms.BooleanField(label=gettext_lazy("Answers differ from the consensus"), required=False)
    order = forms.ChoiceField(
        label=gettext_lazy("Order"),
        required=False,
        choices=[("newest", gettext_lazy("The newest first")), ("least_sure", gettext_lazy("The least sure first"))],
    )

    @property
    def asked(self) -> TasksAsked:
        """What is asked for; a field that makes no sense asks for nothing."""
        data: dict[str, Any] = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        below = data.get("below")
        return TasksAsked(
            state=data.get("state") or "",
            key=data.get("key") or "",
            sure_below=None if below is None else below / 100,
            is_contested=bool(data.get("contested")),
            order=data["order"] if data.get("order") in ORDERS else NEWEST,
        )


class SteerForm(forms.Form):
    """What is to be done to the ticked tasks."""

    action = forms.ChoiceField(label=gettext_lazy("Do"), choices=ACTIONS)
    amount = forms.IntegerField(
        label=gettext_lazy("How many more answers, or which priority"), required=False, min_value=-1000, max_value=1000
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=2000)


@manager_page()
def show_tasks(request: HttpRequest, project: Project) -> HttpResponse:
    """The tasks that are asked for, a page of them."""
    form = FilterForm(request.GET)
    if AnswerType(project.answer_type) not in LABELLED:
        del form.fields["contested"]
    page = task_page(project, form.asked, mark=request.GET.get("after", ""), size=PER_PAGE)
    query = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "form": form,
        "lines": [_line(project, task) for task in page.rows],
        "legend": legend(project),
        "following": None if page.following is None else urlencode({**query, "after": page.following}),
        "first": urlencode(query) if request.GET.get("after") else None,
        "steer": SteerForm(),
        "is_filtered": bool(query),
    }
    return show(request, project, "manager/task_list.html", "tasks", context)


@manager_page()
@shows_payloads
def show_task(request: HttpRequest, project: Project, task: uuid.UUID) -> HttpResponse:
    """One task: as workers see it, who claimed and answered it, how its consensus came about, what it cost."""
    story = task_story(project, task)
    history = story.history
    row = history.task
    line = None if history.consensus is None else ConsensusLine(history.consensus, project)
    decision = history.adjudication
    context = {
        "task": row,
        "priority": asked_priority(row.priority),
        "question": question_of(project, row.payload, fields={}, seed=str(row.uid)),
        "line": line,
        "entropy": _entropy(history.consensus),
        "legend": legend(project),
        "decision": decision,
        "decided": None if decision is None else value_in_words(project, answer_of(decision, project.label_values)),
        "assignments": [
            {"row": one, "price": Money(one.reserved_micros, project.currency)} for one in history.assignments
        ],
        "answers": [_answer_line(project, story, answer) for answer in history.answers],
        "steps": [
            {
                "answer": step.answer,
                "shares": posterior_bar(project, step.posterior),
                "best": _best(project, step.posterior),
            }
            for step in story.steps
        ],
        "cost": Money(story.cost_micros, project.currency),
        "events": [EventLine(event) for event in story.events],
        "steer": SteerForm(),
        "can_cancel": row.state != TaskState.CANCELLED,
    }
    return show(request, project, "manager/task_story.html", "tasks", context)


@manager_form("manage-tasks")
def steer(request: HttpRequest, project: Project) -> HttpResponse:
    """Do one thing to the ticked tasks; each that the rules refuse is named with why."""
    form = SteerForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Nothing was done: choose what to do, and give a whole number where one is asked."))
    else:
        data = form.cleaned_data
        done = steer_tasks(
            project=project,
            task_uids=_uids(request.POST.getlist("task")),
            steering=Steering(action=data["action"], reason=data["reason"], amount=data["amount"] or 0),
            actor=user_of(request),
        )
        if done.done:
            words = ngettext("%(n)d task was changed.", "%(n)d tasks were changed.", done.done) % {"n": done.done}
            messages.success(request, words)
        for key, why in done.refused[:10]:
            messages.warning(request, _("%(key)s was not changed: %(why)s.") % {"key": key, "why": why})
        if len(done.refused) > 10:
            messages.warning(request, _("%(n)d more were not changed.") % {"n": len(done.refused) - 10})
    return redirect(way_back(request, "manage-tasks", project))


def _line(project: Project, task: Any) -> dict[str, Any]:
    consensus = getattr(task, "consensus", None)
    shown = None if consensus is None else ConsensusLine(consensus, project)
    return {
        "task": task,
        "excerpt": excerpt(task.payload),
        "shown": shown,
        "entropy": _entropy(consensus),
        "priority": asked_priority(task.priority),
        "answers": 0 if consensus is None else consensus.answers,
    }


def _answer_line(project: Project, story: TaskStory, answer: Answer) -> dict[str, Any]:
    detail = story.details.get(answer.pk)
    probabilities = None if detail is None else detail.probabilities
    return {
        "answer": answer,
        "value": value_in_words(project, answer.value),
        "seconds": number(answer.elapsed_seconds, 1),
        "shares": [] if not probabilities else posterior_bar(project, probabilities),
        "cost": None if detail is None else Money(detail.cost_micros, project.currency),
    }


def _entropy(consensus: Any) -> str:
    if consensus is None or consensus.label_index is None:
        return number(None)
    return number(entropy_bits(consensus.posterior), 2)


def _best(project: Project, posterior: list[float]) -> str:
    best = max(range(len(posterior)), key=posterior.__getitem__)
    label = project.labels[best]
    return f"{label.get('title') or label['value']} {percent(posterior[best], 1)}"


def _uids(texts: list[str]) -> list[uuid.UUID]:
    found: list[uuid.UUID] = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
