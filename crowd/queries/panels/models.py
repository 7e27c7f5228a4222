"""The panel of models: what each may do, what its votes are worth, how it compares with people, what it costs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _

from crowd.models import Project
from crowd.queries.models_report import ModelLine, models_report
from crowd.queries.panels.shapes import Json, body, figure, table

# A share with its interval, where it cannot be said.
NOTHING = (None, None, None)


def models(project: Project) -> Json:
    """The newest review of every model; what a review could not say is an empty cell."""
    report = models_report(project)
    worth, counting = report.effective_votes, [line for line in report.lines if line.enrolment.vote_state != "shadow"]
    return body(
        figures=[
            figure(_("Models"), len(report.lines)),
            figure(_("Models whose votes count"), len(counting)),
            figure(
                _("Independent votes that these are worth"),
                None if worth is None else round(worth, 2),
                reason="" if worth is not None else _("the errors of a group are not known yet"),
            ),
        ],
        tables=[
            table(
                "models",
                _("Models"),
                [
                    (_("Model"), "text"),
                    (_("State"), "text"),
                    (_("Group"), "text"),
                    (_("Effective votes of its group"), "number"),
                    (_("Agreement with people"), "share"),
                    (_("from"), "share"),
                    (_("to"), "share"),
                    (_("People with people"), "share"),
                    (_("from"), "share"),
                    (_("to"), "share"),
                    (_("Log loss on golds before calibration"), "number"),
                    (_("Log loss on golds after calibration"), "number"),
                    (_("Votes"), "number"),
                    (_("Cost"), "micros"),
                    (_("Newest test"), "text"),
                    (_("May stand in"), "text"),
                ],
                [_row(line) for line in report.lines],
            )
        ],
        notes=[
            _("Votes of one group share errors: it casts one vote, or discounted ones, by the terms of the project.")
        ],
    )


def _row(line: ModelLine) -> list[Any]:
    standing = line.standing
    figures: dict[str, Any] = {} if standing is None else standing.figures
    test = None if standing is None else standing.test
    agreement, calibration = figures.get("agreement") or {}, figures.get("calibration") or {}
    votes = figures.get("votes") or {}
    said = {True: _("yes"), False: _("no"), None: _("cannot say yet")}
    return [
        line.enrolment.worker.name,
        str(line.enrolment.vote_state),
        "" if standing is None else standing.group,
        (figures.get("group") or {}).get("effective_votes"),
        *(agreement.get("model") or NOTHING),
        *(agreement.get("people") or NOTHING),
        calibration.get("log_loss_before"),
        calibration.get("log_loss_after"),
        votes.get("votes"),
        votes.get("cost_micros"),
        "" if test is None else test.test,
        said[None if test is None else test.passes],
    ]
