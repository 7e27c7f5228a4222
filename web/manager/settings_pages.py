"""The settings of a project: what may still change, its end, a copy of it; two managers do not overwrite each other."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crowd.enums import AnswerType, ProjectState, Role, Scale
from crowd.errors import ChangedMeanwhile, InvalidInput
from crowd.models import Project
from crowd.policies.answer_types import LABELLED
from crowd.queries.listings import members_of
from crowd.services.project_settings import Change, archive_project, clone_project, configuration_of, configure_project
from crowd.services.versions import version_of
from quality.aggregation import MODELS
from web.manager.doors import manager_form, manager_page, show, user_of
from web.manager.members import ROLES
from web.manager.setup.forms import MAX_AMOUNT, amount, labels_of, lines_of, micros, say_problems

NAMES = {"lease_seconds": "lease", "label_worth": "worth", "gold_rate": "golds", "audit_share": "audits"}


def _amount(label: Any, **kwargs: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_value=MAX_AMOUNT, decimal_places=6, max_digits=19, **kwargs)


def _percent(label: Any, least: float = 0, **kwargs: Any) -> forms.FloatField:
    return forms.FloatField(label=label, min_value=least, max_value=100, **kwargs)


class SettingsForm(forms.Form):
    """What may change after the launch; finished tasks stay as they are."""

    version = forms.CharField(widget=forms.HiddenInput, max_length=64)
    name = forms.CharField(label=gettext_lazy("Name of the project"), max_length=200)
    instructions = forms.CharField(
        label=gettext_lazy("Instructions"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )
    labels = forms.CharField(
        label=gettext_lazy("Labels, one a line"),
        required=False,
        max_length=400_000,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text=gettext_lazy(
            "What stands before the | stays, and so does the order; the titles after it may change."
        ),
    )
    price = _amount(gettext_lazy("Price of an answer"))
    min_overlap = forms.IntegerField(label=gettext_lazy("Answers a task, at least"), min_value=1, max_value=1000)
    max_overlap = forms.IntegerField(label=gettext_lazy("Answers a task, at most"), min_value=1, max_value=1000)
    confidence = _percent(gettext_lazy("How sure is sure enough, in percent"), least=1)
    golds = _percent(gettext_lazy("Golds among the tasks, in percent"))
    lease = forms.IntegerField(
        label=gettext_lazy("Seconds for a task"),
        required=False,
        min_value=1,
        max_value=7 * 24 * 3600,
        help_text=gettext_lazy("Empty: set by a job from the work times that it sees."),
    )
    audits = _percent(
        gettext_lazy("New tasks with full overlap, in percent"),
        help_text=gettext_lazy("They measure what stopping early saves, and what it costs in accuracy."),
    )
    worth = _amount(
        gettext_lazy("What a right label is worth"),
        required=False,
        help_text=gettext_lazy("Empty: the target alone says when a task has enough answers."),
    )
    aggregation_model = forms.ChoiceField(
        label=gettext_lazy("Model of the consensus"), choices=[(name, name) for name in sorted(MODELS)]
    )
    scale = forms.ChoiceField(label=gettext_lazy("Scale, for agreement"), choices=Scale.choices)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        if not project.labels:
            del self.fields["labels"]
        if AnswerType(project.answer_type) not in LABELLED:
            for name in ("audits", "worth", "aggregation_model"):
                del self.fields[name]

    def change(self) -> Change:
        """The fields that differ from the project's."""
        data = dict(self.cleaned_data)
        wanted: dict[str, Any] = {
            "name": data["name"],
            "instructions": data["instructions"].replace("\r\n", "\n"),
            "price_micros": micros(data["price"]),
            "min_overlap": data["min_overlap"],
            "max_overlap": data["max_overlap"],
            "target_confidence": round(data["confidence"] / 100, 9),
            "gold_rate": round(data["golds"] / 100, 9),
            "scale": data["scale"],
        }
        if "labels" in data:
            wanted["labels"] = labels_of(data["labels"])
        if "audits" in data:
            wanted["audit_share"] = round(data["audits"] / 100, 9)
            # Nothing is worth nothing: that would stop every task at once.
            wanted["label_worth_micros"] = None if not data["worth"] else micros(data["worth"])
            wanted["aggregation_model"] = data["aggregation_model"]
        found = {name: value for name, value in wanted.items() if value != getattr(self.project, name)}
        fixed = self.project.lease_seconds if self.project.is_lease_fixed else None
        return Change(found | ({} if data["lease"] == fixed else {"lease_seconds": data["lease"]}))


def settings_initial(project: Project) -> dict[str, Any]:
    """The fields as the project has them."""
    return {
        "version": version_of(configuration_of(project)),
        "name": project.name,
        "instructions": project.instructions,
        "labels": lines_of(project.labels),
        "price": amount(project.price_micros),
        "min_overlap": project.min_overlap,
        "max_overlap": project.max_overlap,
        "confidence": round(100 * project.target_confidence, 6),
        "golds": round(100 * project.gold_rate, 6),
        "lease": project.lease_seconds if project.is_lease_fixed else None,
        "audits": round(100 * project.audit_share, 6),
        "worth": None if project.label_worth_micros is None else amount(project.label_worth_micros),
        "aggregation_model": project.aggregation_model,
        "scale": project.scale,
    }


@manager_page()
def show_settings(request: HttpRequest, project: Project) -> HttpResponse:
    """Everything that may change, the people, the end of the project."""
    return _page(request, project, SettingsForm(project=project, initial=settings_initial(project)))


@manager_form("manage-settings")
def keep_settings(request: HttpRequest, project: Project) -> HttpResponse:
    """Keep what was changed; when somebody else was faster, show both and keep nothing."""
    form = SettingsForm(request.POST, project=project)
    if not form.is_valid():
        return _page(request, project, form)
    try:
        configure_project(
            project=project,
            change=form.change(),
            actor=user_of(request),
            version=form.cleaned_data["version"],
        )
    except ChangedMeanwhile:
        project.refresh_from_db()
        clashed = SettingsForm(
            {**request.POST.dict(), "version": version_of(configuration_of(project))}, project=project
        )
        words = _("Somebody else has changed the settings meanwhile. Nothing was kept; your fields are below.")
        clashed.add_error(None, words)
        return _page(request, project, clashed, now=project)
    except InvalidInput as refusal:
        say_problems(form, refusal, NAMES)
        return _page(request, project, form)
    messages.success(request, _("The settings are kept."))
    return redirect("manage-settings", project.uid)


@manager_form("manage-settings", Role.OWNER)
def archive(request: HttpRequest, project: Project) -> HttpResponse:
    """Put the project away for good."""
    if request.POST.get("name", "").strip() != project.name:
        messages.warning(request, _("Nothing was archived: type the project's name exactly."))
    else:
        archive_project(project=project, actor=user_of(request))
        messages.success(request, _("The project is archived."))
    return redirect("manage-settings", project.uid)


@manager_form("manage-settings")
def clone(request: HttpRequest, project: Project) -> HttpResponse:
    """Make a draft with the same configuration, rules and requirements."""
    name = request.POST.get("name", "").strip()[:200]
    made = clone_project(project=project, name=name or project.name, actor=user_of(request))
    messages.success(request, _("A draft with the same settings; it has no tasks, workers, members or budget yet."))
    return redirect("setup-question", made.uid)


def _page(request: HttpRequest, project: Project, form: SettingsForm, now: Project | None = None) -> HttpResponse:
    differs = [] if now is None else _differences(form, settings_initial(now))
    context = {
        "form": form,
        "differs": differs,
        "is_archived": project.state == ProjectState.ARCHIVED,
        "members": members_of(project).order_by("user__name", "id"),
        "member_roles": ROLES,
        "is_owner": project.memberships.filter(user=user_of(request), role=Role.OWNER).exists(),
    }
    return show(request, project, "manager/settings.html", "settings", context)


def _differences(form: SettingsForm, now: dict[str, Any]) -> list[tuple[str, str]]:
    """The fields whose kept value is another than the one that was sent: (name, kept value)."""
    found = []
    for field in form.visible_fields():
        kept = "" if now[field.name] is None else str(now[field.name])
        if kept != str(field.value() or "").replace("\r\n", "\n"):
            found.append((str(field.label), kept))
    return found
