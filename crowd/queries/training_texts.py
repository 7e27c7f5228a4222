"""What a classifier may learn from: texts that people have settled."""

from __future__ import annotations

from collections import Counter, defaultdict

from crowd.enums import TaskState
from crowd.models import Answer, Consensus, Project
from crowd.raters.classifier import Labelled
from crowd.raters.verdicts import field_of, hash_payload, text_of

MOST = 50_000


def settled_texts(project: Project, *, field: str | None) -> list[Labelled]:
    """Completed tasks whose consensus is also the most frequent label among people, with their texts.

    A consensus that only models brought about teaches nothing: a classifier must not learn from its own votes. Golds
    have no consensus, so none is among them.
    """
    rows = Consensus.objects.filter(
        project=project, task__state=TaskState.COMPLETE, label_index__isnull=False
    ).order_by("task_id")
    labelled = rows.values_list("task_id", "label_index")[:MOST]
    settled = {task_id: label for task_id, label in labelled if label is not None}
    given: dict[int, Counter[int]] = defaultdict(Counter)
    answers = Answer.objects.filter(project=project, is_gold=False, is_model=False, label_index__isnull=False)
    for task_id, label_index in answers.values_list("task_id", "label_index").iterator():
        if task_id in settled and label_index is not None:
            given[task_id][label_index] += 1
    kept = {
        task_id: label
        for task_id, label in settled.items()
        if given[task_id] and given[task_id][label] == max(given[task_id].values())
    }
    found = []
    payloads = rows.values_list("task_id", "task__payload")[:MOST]
    for task_id, payload in payloads:
        if task_id not in kept:
            continue
        text = text_of(field_of(payload, field) if field else payload)
        if text.strip():
            found.append(Labelled(text, hash_payload(payload), kept[task_id]))
    return found
