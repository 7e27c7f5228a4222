"""RankingAnswers: who put a task's options in which order."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from quality.answer_forms.indexing import Index, PairIndex, fixed_vocabulary
from quality.errors import AnswerError


@dataclass(frozen=True, eq=False)
class RankingAnswers:
    """Full or partial rankings that workers gave to tasks, best first.

    ``task`` and ``worker`` are (n_answers,) int32 indexes. ``options[t]`` are the options of task t, in order of
    first appearance. ``order[a]`` holds the options that answer a ranked, as places in its task's options, best first;
    ``below[a]`` those it left out and thereby put under all of them (empty where leaving out says nothing).
    """

    task: Index
    worker: Index
    order: tuple[tuple[int, ...], ...]
    below: tuple[tuple[int, ...], ...]
    tasks: Sequence[Hashable]
    workers: Sequence[Hashable]
    options: tuple[tuple[Hashable, ...], ...]

    @classmethod
    def from_records(
        cls,
        records: Iterable[tuple[Hashable, Hashable, Sequence[Hashable]]],
        *,
        options: Mapping[Hashable, Sequence[Hashable]] | None = None,
    ) -> Self:
        """Index (task, worker, ranking) triples, each ranking best first.

        With ``options`` (task -> all its options) an option left out of a ranking counts as ranked under all those
        named (top-k answers); without it the ranking speaks only of the options it names. Raises AnswerError naming
        the record (1-based), task and worker on an empty ranking, an option named twice or unknown, a task without
        entry in ``options``, or a second answer of one worker to one task.
        """
        index = PairIndex()
        known: list[dict[Hashable, int]] = []
        order: list[tuple[int, ...]] = []
        for row, (task, worker, ranking) in enumerate(records, start=1):
            index.add(task, worker, row=row)
            place = index.tasks[task]
            if place == len(known):
                if options is not None and task not in options:
                    raise AnswerError(f"task {task!r} has no entry in the options", row=row, column="task")
                known.append({} if options is None else fixed_vocabulary(options[task], f"options of task {task!r}"))
            if isinstance(ranking, (str, bytes)) or not len(ranking):
                raise AnswerError(
                    f"worker {worker!r} gave {ranking!r} to task {task!r}; a list of options, best first, is wanted",
                    row=row,
                    column="ranking",
                )
            if len(set(ranking)) != len(ranking):
                raise AnswerError(
                    f"worker {worker!r} ranked an option of task {task!r} twice", row=row, column="ranking"
                )
            here = known[place]
            for option in ranking:
                if options is not None and option not in here:
                    raise AnswerError(
                        f"worker {worker!r} ranked unknown option {option!r} on task {task!r}",
                        row=row,
                        column="ranking",
                    )
                here.setdefault(option, len(here))
            order.append(tuple(here[option] for option in ranking))
        tasks, workers = index.columns()
        below = tuple(
            () if options is None else tuple(sorted(set(range(len(known[task]))) - set(ranked)))
            for task, ranked in zip(tasks.tolist(), order, strict=True)
        )
        return cls(
            task=tasks,
            worker=workers,
            order=tuple(order),
            below=below,
            tasks=tuple(index.tasks),
            workers=tuple(index.workers),
            options=tuple(tuple(here) for here in known),
        )

    @property
    def n_answers(self) -> int:
        return len(self.task)

    @property
    def n_tasks(self) -> int:
        return len(self.tasks)

    @property
    def n_workers(self) -> int:
        return len(self.workers)
