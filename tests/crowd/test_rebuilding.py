"""Consensus, skill and item scores rebuilt from answers equal what was there, and a difference is found."""

from __future__ import annotations

from io import StringIO

import pytest
from cast import Cast, make_cast
from django.core.management import CommandError, call_command

from crowd.enums import TaskState
from crowd.models import Consensus, Project, Skill, Task
from crowd.services.adjudication import override_consensus
from crowd.services.rebuilding import rebuild_project
from crowd.services.refit import refit_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked() -> Cast:
    """Tasks with answers that differ, golds right and wrong, one decision of an expert."""
    # Golds first for everybody: no figure hangs on chance.
    cast = make_cast(tasks=6, min_overlap=3, gold_rate=1.0)
    cast.gold(3)
    for n, worker in enumerate(cast.workers):
        while cast.claim(worker).assignment is not None:
            cast.answer(worker, ("positive", "negative", "neutral")[n % 3])
    task = Task.objects.filter(project=cast.project).exclude(state=TaskState.GOLD).earliest("id")
    override_consensus(project=cast.project, task_uid=task.uid, actor=cast.owner, value="positive", reason="seen")
    assert Skill.objects.filter(project=cast.project, gold_right__gt=0).exists()
    assert Skill.objects.filter(project=cast.project, adjudicated_wrong__gt=0).exists()
    return cast


def test_what_is_rebuilt_equals_what_was_there(worked: Cast) -> None:
    rebuilt = rebuild_project(project=worked.project, is_kept=False)
    assert rebuilt.differences == []
    assert (Consensus.objects.count(), Skill.objects.count()) == (6, 3)
    assert rebuilt.rows == 9


def test_a_row_that_does_not_come_from_answers_is_found_and_stays_unless_told(worked: Cast) -> None:
    refit_project(project_id=worked.project.pk)
    Skill.objects.filter(worker=worked.worker).update(gold_right=77)
    rebuilt = rebuild_project(project=worked.project, is_kept=False)
    assert rebuilt.differences == [f"skill of {worked.worker.pk}: differs in gold_right"]
    assert Skill.objects.get(worker=worked.worker).gold_right == 77
    rebuild_project(project=worked.project, is_kept=True)
    assert Skill.objects.get(worker=worked.worker).gold_right != 77
    assert rebuild_project(project=worked.project, is_kept=False).differences == []


def test_the_command_prints_the_verdict_and_fails_on_a_difference(worked: Cast) -> None:
    out = StringIO()
    call_command("rebuild_statistics", stdout=out)
    assert out.getvalue().endswith("rows rebuilt, equal\ndifferences = 0\n")
    Skill.objects.filter(worker=worked.worker).update(gold_wrong=77)
    with pytest.raises(SystemExit):
        call_command("rebuild_statistics", project=str(worked.project.uid), stdout=out)
    assert out.getvalue().endswith(f"  skill of {worked.worker.pk}: differs in gold_wrong\ndifferences = 1\n")


def test_answers_that_wait_are_waited_for(worked: Cast) -> None:
    other = make_cast(tasks=1)
    other.answer(other.worker, is_processed=False)
    with pytest.raises(CommandError, match="answers wait for processing"):
        call_command("rebuild_statistics", project=str(other.project.uid))


@pytest.mark.parametrize("uid", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_project_that_is_not_there_is_named(uid: str) -> None:
    with pytest.raises(CommandError, match=f"there is no project {uid}"):
        call_command("rebuild_statistics", project=uid)


def test_a_project_without_answers_has_nothing_to_rebuild(cast: Cast) -> None:
    assert rebuild_project(project=Project.objects.get(pk=cast.project.pk), is_kept=False).rows == 0
