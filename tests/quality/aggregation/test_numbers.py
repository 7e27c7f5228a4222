"""Numbers come out near the truth with honest intervals, whatever a few workers do."""

import numpy as np
import pytest

from quality.aggregation.numbers import WorkerNoise
from quality.aggregation.numbers_result import NumberHistory
from quality.answer_forms import NumericAnswers
from quality.errors import ConvergenceWarning


def _crowd(seed, n_tasks=200, n_workers=20, overlap=4, outliers=0.05):
    rng = np.random.default_rng(seed)
    truth = rng.normal(50, 10, n_tasks)
    bias, noise = rng.normal(0, 3, n_workers), np.exp(rng.normal(np.log(3), 0.6, n_workers))
    bias -= bias.mean()
    records = []
    for task in range(n_tasks):
        for worker in rng.choice(n_workers, overlap, replace=False):
            value = truth[task] + bias[worker] + noise[worker] * rng.standard_normal()
            records.append((task, int(worker), rng.uniform(-500, 500) if rng.random() < outliers else value))
    order = {worker: i for i, worker in enumerate(dict.fromkeys(record[1] for record in records))}
    places = sorted(order, key=order.get)
    return NumericAnswers.from_records(records), truth, bias[places], noise[places]


def _rms(errors):
    return float(np.sqrt(np.mean(errors**2)))


@pytest.mark.parametrize("seed", range(3))
def test_beats_the_median_when_some_answers_are_wild(seed):
    answers, truth, _, _ = _crowd(seed)
    median = np.array([np.median(answers.value[answers.task == task]) for task in range(200)])
    assert _rms(WorkerNoise().fit(answers).value - truth) < 0.8 * _rms(median - truth)


def test_intervals_of_values_cover():
    covered = []
    for seed in range(6):
        answers, truth, _, _ = _crowd(seed, overlap=3)
        result = WorkerNoise().fit(answers)
        covered.append((result.low <= truth) & (truth <= result.high))
    assert 0.92 <= np.mean(covered) <= 0.98


def test_recovers_bias_as_well_as_noise():
    answers, _, bias, noise = _crowd(1, n_tasks=600, outliers=0.0)
    result = WorkerNoise().fit(answers)
    assert np.corrcoef(result.bias, bias)[0, 1] > 0.95
    assert np.abs(np.log(result.noise / noise)).mean() < 0.2


def test_objective_never_decreases():
    for seed in range(4):
        objective = WorkerNoise().fit(_crowd(seed, n_workers=8)[0]).objective
        assert (np.diff(objective) >= -1e-7 * np.abs(objective[1:])).all()


def test_an_outlier_is_pointed_out():
    records = [(t, w, float(t + d)) for t in range(10) for w, d in (("a", 0.1), ("b", -0.1), ("c", 0.05))]
    records[0] = (0, "a", 1_000.0)
    result = WorkerNoise().fit(NumericAnswers.from_records(records))
    assert result.weight[0] < 0.01
    assert result.value[0] == pytest.approx(0.0, abs=0.5)


def test_units_do_not_matter():
    answers = _crowd(2)[0]
    scaled = NumericAnswers(
        task=answers.task,
        worker=answers.worker,
        value=1_000 * answers.value + 7,
        tasks=answers.tasks,
        workers=answers.workers,
    )
    straight, other = WorkerNoise().fit(answers), WorkerNoise().fit(scaled)
    assert other.value == pytest.approx(1_000 * straight.value + 7, rel=1e-9)
    assert other.noise == pytest.approx(1_000 * straight.noise, rel=1e-6)


def test_order_of_answers_does_not_matter():
    answers = _crowd(3)[0]
    turn = np.random.default_rng(0).permutation(answers.n_answers)
    shuffled = NumericAnswers(
        task=answers.task[turn],
        worker=answers.worker[turn],
        value=answers.value[turn],
        tasks=answers.tasks,
        workers=answers.workers,
    )
    assert WorkerNoise().fit(shuffled).value == pytest.approx(WorkerNoise().fit(answers).value, abs=1e-8)


def test_gold_is_clamped_as_well_as_learnt_from():
    answers, truth, _, _ = _crowd(4, n_workers=6, overlap=2, outliers=0.0)
    gold = {task: float(truth[task]) for task in range(100)}
    result = WorkerNoise().fit(answers, gold=gold)
    assert result.value[:100].tolist() == [gold[task] for task in range(100)]
    assert (result.value_sd[:100] == 0).all()
    assert _rms(result.value[100:] - truth[100:]) < _rms(WorkerNoise().fit(answers).value[100:] - truth[100:])


def test_history_decides_between_two_workers():
    answers = NumericAnswers.from_records([(t, w, v) for t in range(8) for w, v in (("a", 10.0 + t), ("b", 20.0 + t))])
    past = {
        "a": NumberHistory(count=500, mean_error=0.0, variance=0.25),
        "b": NumberHistory(count=500, mean_error=10.0, variance=0.25),
    }
    result = WorkerNoise().fit(answers, priors=past)
    assert result.value == pytest.approx(np.arange(10.0, 18.0), abs=0.3)
    assert result.bias == pytest.approx([0.0, 10.0], abs=0.3)


def test_degenerate_crowds():
    nothing = WorkerNoise().fit(NumericAnswers.from_records([]))
    assert nothing.value.shape == (0,)
    assert nothing.notes == ("there are no answers to learn from",)
    single = WorkerNoise().fit(NumericAnswers.from_records([("t", "w", 5)]))
    assert single.value == pytest.approx([5.0])
    assert single.low[0] < 5.0 < single.high[0]
    same = WorkerNoise().fit(NumericAnswers.from_records([(t, w, 3) for t in "xy" for w in "ab"]))
    assert same.value == pytest.approx([3.0, 3.0])
    only_gold = WorkerNoise().fit(NumericAnswers.from_records([("t", "w", 5)]), gold={"t": 4.0})
    assert only_gold.value.tolist() == [4.0]
    assert only_gold.bias[0] > 0


def test_warns_when_it_stops_early():
    with pytest.warns(ConvergenceWarning, match="after 2 iterations"):
        WorkerNoise(max_iter=2).fit(_crowd(0)[0])


@pytest.mark.parametrize("value", ["many", None, float("nan"), float("inf"), True])
def test_answers_that_are_no_numbers_are_named(value):
    with pytest.raises(ValueError, match=r"row 2.*worker 'w' gave .* to task 'u'"):
        NumericAnswers.from_records([("t", "w", 1), ("u", "w", value)])


def test_bad_input_is_named():
    answers = NumericAnswers.from_records([("t", "w", 1)])
    with pytest.raises(ValueError, match="worker 'w' answers task 't' a second time"):
        NumericAnswers.from_records([("t", "w", 1), ("t", "w", 2)])
    with pytest.raises(ValueError, match="gold names task 'x'"):
        WorkerNoise().fit(answers, gold={"x": 1.0})
    with pytest.raises(ValueError, match="gold of task 't' is nan"):
        WorkerNoise().fit(answers, gold={"t": float("nan")})
    with pytest.raises(ValueError, match="tail is 0"):
        WorkerNoise(tail=0)
    with pytest.raises(ValueError, match="count is -1"):
        NumberHistory(count=-1, mean_error=0.0, variance=1.0)
