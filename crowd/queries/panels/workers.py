"""The panel of workers: trust with its interval, agreement with others, pace; the weakest first."""

from __future__ import annotations

from django.db.models import Avg
from django.utils.translation import gettext_noop as _

from crowd.enums import TrustLevel, WorkerKind
from crowd.models import Answer, Project
from crowd.policies.trust import trust_bar
from crowd.queries.panels.shapes import Json, body, chart, figure, table
from crowd.queries.workers import TrustLine, trust_report

# A page of more is not read; exports hold everybody.
MOST = 500
DRAWN = 40


def workers(project: Project) -> Json:
    """People by how good they are known to be: accuracy on gold with its interval, the lower end first."""
    people = [line for line in trust_report(project) if line.enrolment.worker.kind == WorkerKind.HUMAN]
    seconds = dict(
        Answer.objects.filter(project=project, is_model=False)
        .values_list("worker")
        .annotate(mean=Avg("elapsed_seconds"))
        .order_by()
    )
    levels = {level: sum(line.enrolment.trust_level == level for line in people) for level in TrustLevel}
    known = sorted((line for line in people if line.skill and line.skill.mean is not None), key=_weakness)
    total = sum(line.answers for line in people)
    return body(
        figures=[
            figure(_("Workers"), len(people)),
            *(figure(str(level.label), levels[level]) for level in TrustLevel),
            figure(
                _("Share of the busiest tenth"),
                sum(sorted((line.answers for line in people), reverse=True)[: -(-len(people) // 10)]) / total,
                n=total,
                unit="share",
            )
            if total
            else figure(_("Share of the busiest tenth"), None, reason=_("no answers yet")),
        ],
        charts=[
            chart(
                "intervals",
                _("Accuracy on gold with its 95 % interval, weakest first"),
                rows=[_drawn(line) for line in known[:DRAWN]],
                min=0,
                max=1,
                bar=trust_bar(len(project.labels)) if project.labels else None,
                bar_name=_("bar"),
            )
        ]
        if known
        else [],
        tables=[
            table(
                "workers",
                _("Workers, weakest first"),
                [
                    (_("Worker"), "text"),
                    (_("Level"), "text"),
                    (_("Answers"), "number"),
                    (_("Gold right"), "number"),
                    (_("Gold wrong"), "number"),
                    (_("Accuracy on gold"), "share"),
                    (_("Low"), "share"),
                    (_("High"), "share"),
                    (_("Agrees with the others"), "share"),
                    (_("Mean time"), "seconds"),
                ],
                [_row(line, seconds.get(line.enrolment.worker_id)) for line in sorted(people, key=_weakness)[:MOST]],
                opens=[{"worker": str(line.enrolment.worker.uid)} for line in sorted(people, key=_weakness)[:MOST]],
            )
        ],
        notes=[_("The 500 weakest are shown; the export of trust holds everybody.")] if len(people) > MOST else [],
    )


def _weakness(line: TrustLine) -> tuple[float, int]:
    low = None if line.skill is None else line.skill.low
    return (2.0 if low is None else low, line.enrolment.pk)


def _row(line: TrustLine, seconds: float | None) -> list[object]:
    skill = line.skill
    peers = None
    if skill is not None and skill.peer_agreed is not None and skill.peer_differed is not None:
        counted = skill.peer_agreed + skill.peer_differed
        peers = skill.peer_agreed / counted if counted else None
    return [
        line.enrolment.worker.name,
        str(TrustLevel(line.enrolment.trust_level).label),
        line.answers,
        skill.gold_right if skill else 0,
        skill.gold_wrong if skill else 0,
        skill.mean if skill else None,
        skill.low if skill else None,
        skill.high if skill else None,
        peers,
        seconds,
    ]


def _drawn(line: TrustLine) -> Json:
    skill = line.skill
    assert skill is not None
    return {
        "name": line.enrolment.worker.name,
        "value": skill.mean,
        "low": skill.low,
        "high": skill.high,
        "level": line.enrolment.trust_level,
        "shown": f"{skill.mean:.2f} [{skill.low:.2f}, {skill.high:.2f}], {skill.gold_right} of "
        f"{skill.gold_right + skill.gold_wrong}",
        "opens": {"worker": str(line.enrolment.worker.uid)},
    }
