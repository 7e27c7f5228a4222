"""The forms of the set-up, and the way from their fields to a draft's and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crowd.enums import AnswerType
from crowd.errors import DomainError
from crowd.models import Project
from crowd.policies.answer_types import WITH_LABELS
from web.manager.setup.jobs import JOBS
from web.money import MICROS

SEPARATOR = "|"
MAX_AMOUNT = 10**12
ANSWER_TYPES = [
    (AnswerType.SINGLE_CHOICE, gettext_lazy("One label")),
    (AnswerType.MULTIPLE_CHOICE, gettext_lazy("Several labels")),
    (AnswerType.ORDINAL, gettext_lazy("A step of a scale")),
    (AnswerType.NUMBER, gettext_lazy("A number")),
    (AnswerType.TEXT, gettext_lazy("Free text")),
    (AnswerType.PAIRWISE, gettext_lazy("The better of two")),
    (AnswerType.RANKING, gettext_lazy("An order")),
]


def _option(field: type[forms.Field], label: Any, **kwargs: Any) -> forms.Field:
    return field(label=label, required=False, **kwargs)


# Answer type -> its options as fields.
OPTIONS: dict[str, dict[str, forms.Field]] = {
    AnswerType.MULTIPLE_CHOICE: {
        "min_chosen": _option(forms.IntegerField, gettext_lazy("Fewest labels to choose"), min_value=0),
        "max_chosen": _option(forms.IntegerField, gettext_lazy("Most labels to choose"), min_value=1),
    },
    AnswerType.NUMBER: {
        "minimum": _option(forms.FloatField, gettext_lazy("Smallest number")),
        "maximum": _option(forms.FloatField, gettext_lazy("Largest number")),
        "step": _option(forms.FloatField, gettext_lazy("Step (1: whole numbers)")),
        "tolerance": _option(forms.FloatField, gettext_lazy("How far off is still right"), min_value=0),
        "unit": _option(forms.CharField, gettext_lazy("Unit"), max_length=20),
    },
    AnswerType.TEXT: {
        "min_length": _option(forms.IntegerField, gettext_lazy("Fewest characters"), min_value=1),
        "max_length": _option(forms.IntegerField, gettext_lazy("Most characters"), min_value=1),
    },
    AnswerType.PAIRWISE: {
        "allow_tie": _option(forms.BooleanField, gettext_lazy("“Equal” is an answer")),
    },
}


class BeginForm(forms.Form):
    """What the project is called and which job it begins with."""

    name = forms.CharField(label=gettext_lazy("Name of the project"), max_length=200)
    job = forms.ChoiceField(
        label=gettext_lazy("What is to be done"),
        choices=[(job.name, job.title) for job in JOBS.values()],
        widget=forms.RadioSelect,
    )


class QuestionForm(forms.Form):
    """Name, instructions, type of answer with labels and options; the options are those of ``kind``."""

    name = forms.CharField(label=gettext_lazy("Name of the project"), max_length=200)
    instructions = forms.CharField(
        label=gettext_lazy("Instructions"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text=gettext_lazy("What workers read first. Say what to do when in doubt."),
    )
    answer_type = forms.ChoiceField(label=gettext_lazy("Type of answer"), choices=ANSWER_TYPES)
    labels = forms.CharField(
        label=gettext_lazy("Labels, one a line"),
        required=False,
        max_length=400_000,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text=gettext_lazy("As it is stored; after a | as workers read it: positive | Positive"),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = AnswerType(kind)
        if self.kind not in WITH_LABELS:
            del self.fields["labels"]
        elif self.kind == AnswerType.ORDINAL:
            self.fields["labels"].help_text = _("From the lowest step to the highest; after a | as workers read it.")
        for name, option in OPTIONS.get(self.kind, {}).items():
            self.fields[name] = option

    def draft(self, before: dict[str, Any]) -> dict[str, Any]:
        """The draft's fields; ``before``: the options that it has, of which those without a field here stay."""
        data, own = self.cleaned_data, OPTIONS.get(self.kind, {})
        options = {name: value for name, value in before.items() if name not in own}
        options |= {name: data[name] for name in own if data.get(name) not in (None, "", False)}
        fields = {"name": data["name"], "instructions": data["instructions"].replace("\r\n", "\n")}
        fields |= {"answer_type": self.kind, "answer_options": options}
        return fields | ({"labels": labels_of(data["labels"])} if "labels" in data else {})


class PayForm(forms.Form):
    """What an answer is worth, how many a task gets, how much may be spent."""

    price = forms.DecimalField(
        label=gettext_lazy("Price of an answer"), min_value=0, max_value=MAX_AMOUNT, decimal_places=6, max_digits=19
    )
    currency = forms.RegexField(
        r"^[A-Z]{3}$",
        label=gettext_lazy("Currency"),
        error_messages={"invalid": gettext_lazy("Give the code of three capital letters, such as USD.")},
        widget=forms.TextInput(attrs={"maxlength": 3, "size": 4, "autocapitalize": "characters"}),
    )
    budget = forms.DecimalField(
        label=gettext_lazy("Budget"),
        required=False,
        min_value=0,
        max_value=MAX_AMOUNT,
        decimal_places=6,
        max_digits=19,
        help_text=gettext_lazy("The project never owes more than this. Empty: no limit."),
    )
    min_overlap = forms.IntegerField(label=gettext_lazy("Answers a task, at least"), min_value=1, max_value=1000)
    max_overlap = forms.IntegerField(
        label=gettext_lazy("Answers a task, at most"),
        min_value=1,
        max_value=1000,
        help_text=gettext_lazy("A task that is not sure after the least gets more, up to this; then it is a dispute."),
    )
    confidence = forms.FloatField(label=gettext_lazy("How sure is sure enough, in percent"), min_value=1, max_value=100)
    gold_rate = forms.FloatField(
        label=gettext_lazy("Golds among the tasks, in percent"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy("New workers meet more, known ones fewer. Golds are paid like tasks."),
    )
    expected_seconds = forms.FloatField(
        label=gettext_lazy("Seconds that an answer takes, if you know"),
        required=False,
        min_value=0.1,
        max_value=7 * 24 * 3600,
        help_text=gettext_lazy("Empty: taken from the length of the tasks."),
    )

    def draft(self) -> dict[str, Any]:
        """The draft's fields."""
        data = self.cleaned_data
        return {
            "price_micros": micros(data["price"]),
            "currency": data["currency"],
            "budget_micros": None if data["budget"] is None else micros(data["budget"]),
            "min_overlap": data["min_overlap"],
            "max_overlap": data["max_overlap"],
            "target_confidence": round(data["confidence"] / 100, 9),
            "gold_rate": round(data["gold_rate"] / 100, 9),
        }


def question_initial(project: Project) -> dict[str, Any]:
    """The fields of `QuestionForm` as the draft has them."""
    fields = {"name": project.name, "instructions": project.instructions, "answer_type": project.answer_type}
    return fields | {"labels": lines_of(project.labels), **project.answer_options}


def pay_initial(project: Project, expected_seconds: float | None) -> dict[str, Any]:
    """The fields of `PayForm` as the draft has them."""
    return {
        "price": amount(project.price_micros),
        "currency": project.currency,
        "budget": None if project.budget_micros is None else amount(project.budget_micros),
        "min_overlap": project.min_overlap,
        "max_overlap": project.max_overlap,
        "confidence": round(100 * project.target_confidence, 6),
        "gold_rate": round(100 * project.gold_rate, 6),
        "expected_seconds": expected_seconds,
    }


def labels_of(text: str) -> list[dict[str, str]]:
    """The labels that some lines name; a title that is left out is the value."""
    found = []
    for line in text.splitlines():
        value, _sign, title = (part.strip() for part in line.partition(SEPARATOR))
        if value or title:
            found.append({"value": value, "title": title or value})
    return found


def lines_of(labels: list[dict[str, str]]) -> str:
    """The lines that name the labels."""
    rows = [(label["value"], label.get("title") or label["value"]) for label in labels]
    return "\n".join(value if value == title else f"{value} {SEPARATOR} {title}" for value, title in rows)


def micros(value: Decimal) -> int:
    """An amount in micro-units; the fields take no finer one."""
    return int(value * MICROS)


def amount(value: int) -> Decimal:
    """Micro-units as a decimal, no zeros at its end."""
    plain = Decimal(value) / MICROS
    return plain.quantize(Decimal(1)) if plain == plain.to_integral() else plain.normalize()


def say_problems(form: forms.Form, refusal: DomainError, fields: dict[str, str] | None = None) -> None:
    """Put each problem of a refusal at its field; ``fields``: the form's names where they differ from the domain's."""
    names = {"target_confidence": "confidence", "budget_micros": "budget", "price_micros": "price", **(fields or {})}
    for problem in refusal.problems:
        path = problem.pointer.strip("/").split("/")
        name = path[1] if path[0] == "answer_options" and len(path) > 1 else names.get(path[0], path[0])
        where = _("line %s: ") % (int(path[1]) + 1) if path[0] == "labels" and path[1:] and path[1].isdigit() else ""
        form.add_error(name if name in form.fields else None, f"{where}{problem.detail}")
    if not refusal.problems:
        form.add_error(None, refusal.detail)
