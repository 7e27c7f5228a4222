"""What adaptive overlap saves, in words."""

from __future__ import annotations

from dataclasses import dataclass

from crowd.models import Project
from crowd.queries.adaptive import AdaptiveReport
from quality.design.savings import LEAST_TASKS
from web.figures import count, number, percent, percent_range


@dataclass(frozen=True)
class AdaptivePanel:
    """The panel's figures; ``is_known`` is False while too few audited tasks are finished."""

    is_known: bool
    share: str
    audited: str
    finished: str
    least: str
    saved: str
    saved_range: str
    kept: str
    kept_range: str
    others: str
    answers_per_task: str


def adaptive_panel(project: Project, report: AdaptiveReport) -> AdaptivePanel:
    """Put the report into words."""
    savings = report.savings
    return AdaptivePanel(
        is_known=savings.saved is not None,
        share=percent(project.audit_share, 1) if project.audit_share else "",
        audited=count(report.audited),
        finished=count(savings.tasks),
        least=count(LEAST_TASKS),
        saved=percent(savings.saved),
        saved_range=percent_range(savings.saved_low, savings.saved_high),
        kept=percent(savings.kept, 1),
        kept_range=percent_range(savings.kept_low, savings.kept_high),
        others=count(report.others_finished),
        answers_per_task=number(report.answers_per_task),
    )
