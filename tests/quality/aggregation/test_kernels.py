"""The compiled kernel agrees with the sparse one, on any number of threads."""

from __future__ import annotations

import numpy as np
import pytest

from quality.aggregation import DawidSkene, kernels
from quality.aggregation.kernels_numpy import SparseKernel
from quality.aggregation.layout import lay_out
from quality.answers import AnswerSet
from quality.simulation import simulate_crowd

pytest.importorskip("numba")


def crowd(weighted, shuffled=True):
    answers = simulate_crowd(11, n_tasks=300, n_workers=40, n_labels=3, overlap=5).answers
    random = np.random.default_rng(1)
    order = random.permutation(answers.n_answers) if shuffled else np.arange(answers.n_answers)
    return AnswerSet.from_arrays(
        answers.task[order], answers.worker[order], answers.label[order],
        tasks=range(302), workers=range(41), labels=range(3),
        weight=random.uniform(0.2, 1.0, len(order)) if weighted else None,
    )  # fmt: skip


@pytest.fixture(params=[False, True], ids=["whole", "weighted"])
def both(request):
    module = kernels.compiled_module()
    answers = crowd(request.param)
    return SparseKernel(lay_out(answers)), module.CompiledKernel(lay_out(answers, module.order_by), 2)


def test_both_sort_alike(both):
    sparse, compiled = both
    assert compiled.layout.cell.tolist() == sparse.layout.cell.tolist()
    assert compiled.layout.worker_task.tolist() == sparse.layout.worker_task.tolist()
    assert compiled.layout.task_order.tolist() == sparse.layout.task_order.tolist()


def test_every_step_agrees(both):
    gold = np.full(302, -1, dtype=np.int32)
    gold[[3, 301]] = [1, 2]
    history = np.random.default_rng(2).uniform(0, 3, (41, 3, 3))
    history[5:] = 0
    outcomes = []
    for kernel in both:
        posterior, table = kernel.start(gold), kernel.new_table()
        steps = [kernel.start(gold)]
        for _ in range(3):
            steps += kernel.refresh_workers(posterior, np.full((3, 3), 0.5), history, table)
            steps += kernel.estimate_tasks(table, np.log([0.5, 0.3, 0.2]), gold, posterior)
        steps += [posterior, table, kernel.worker_counts(posterior), kernel.task_evidence(table)]
        steps.append(kernel.influence(table, np.log([0.5, 0.3, 0.2]), gold))
        outcomes.append(steps)
    for sparse, compiled in zip(*outcomes, strict=True):
        assert compiled == pytest.approx(np.asarray(sparse), rel=2e-5, abs=2e-5)


def test_impossible_labels_agree(both):
    gold = np.full(302, -1, dtype=np.int32)
    moved = []
    for kernel in both:
        table = np.log(np.full((41, 3, 3), 1 / 3)).astype(kernel.new_table().dtype)
        table[:7, 0, 1] = -np.inf
        table[3, 1, :] = -np.inf
        posterior = kernel.start(gold)
        log_likelihood, _, _ = kernel.estimate_tasks(table, np.log(np.full(3, 1 / 3)), gold, posterior)
        moved.append((posterior, kernel.influence(table, np.log(np.full(3, 1 / 3)), gold)))
        assert not np.isnan(log_likelihood)
    assert moved[1][0] == pytest.approx(moved[0][0], abs=1e-5)
    assert moved[1][1] == pytest.approx(moved[0][1], abs=1e-5)


def test_large_fit_takes_the_compiled_kernel_whatever_the_threads(monkeypatch):
    monkeypatch.setattr(kernels, "COMPILED_FROM", 1)
    answers = crowd(weighted=False)
    fits = [DawidSkene(threads=threads).fit(answers) for threads in (1, 2)]
    assert fits[0].posterior.tolist() == fits[1].posterior.tolist()
    monkeypatch.setattr(kernels, "compiled_module", lambda: None)
    slow = DawidSkene().fit(answers)
    assert slow.notes[-1] == kernels.SLOWER
    assert fits[0].posterior == pytest.approx(slow.posterior, abs=1e-5)
    assert fits[0].n_iter == slow.n_iter


def test_blocks_cut_answers_evenly():
    module = kernels.compiled_module()
    start = np.arange(0, 5 * 40_001, 5)
    edges = module._blocks(start)
    assert len(edges) == module.BLOCKS + 1
    assert edges[0] == 0
    assert edges[-1] == 40_000
    assert set(np.diff(edges)) == {2500}
