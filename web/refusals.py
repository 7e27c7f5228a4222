"""Turns the refusals of the domain into what people read: a sentence for each code, a 404 for what is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crowd.errors import DomainError, FieldProblem, NotEnrolled, NotFound

SENTENCES = {
    "stale_lease": _("That task is no longer in your hands, so nothing was changed. Here is where you are now."),
    "already_submitted": _("You had answered that task before. Your first answer stands."),
}


def sentence_for(refusal: DomainError) -> str:
    """What to tell the person; codes without words of their own keep the domain's sentence."""
    if refusal.code == "invalid_answer":
        return gettext("Nothing was sent yet: %(why)s.") % {"why": gettext(refusal.detail)}
    # The domain's own words are texts too where workers meet them (`web.catalogue`).
    return str(SENTENCES.get(refusal.code) or gettext(refusal.detail))


def sentences_for(refusal: DomainError) -> list[str]:
    """What to tell whoever manages: the sentence, then each problem with the name of its field."""
    named = [f"{problem.pointer.strip('/').replace('/', ' ')}: {problem.detail}" for problem in refusal.problems]
    return [sentence_for(refusal), *named]


def words_of(problem: FieldProblem) -> str:
    """What is wrong with one field, for the person."""
    return gettext(problem.detail)


def hides_what_is_not_theirs(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 where the project does not exist for this person: strangers cannot tell the two apart."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (NotFound, NotEnrolled) as refusal:
            raise Http404(refusal.detail) from refusal

    return wrapped
