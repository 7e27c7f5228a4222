"""Speed is judged against what there is to read, robustly."""

import numpy as np
import pytest

from quality.skill.speed import answering_speed


def _crowd(seed=0, n_workers=20, each=40):
    """Worker 0 answers everything in about a second; worker 1 is slow; one answer in twenty is a lunch break."""
    rng = np.random.default_rng(seed)
    worker = np.repeat(np.arange(n_workers), each)
    length = rng.integers(20, 2_000, len(worker))
    seconds = 2.0 * (1 + length) ** 0.5 * np.exp(rng.normal(0, 0.4, len(worker)))
    seconds[worker == 0] = rng.uniform(0.5, 1.5, each)
    seconds[worker == 1] *= 4
    seconds[rng.random(len(worker)) < 0.05] = 3_600
    return seconds, length, worker


def test_only_the_worker_who_cannot_have_read_is_fast():
    result = answering_speed(*_crowd(), n_workers=20)
    assert np.flatnonzero(result.is_fast).tolist() == [0]
    assert result.fast_share[0] > 0.9
    assert result.typical[1] > 1.5


def test_recovers_how_time_grows_with_length():
    result = answering_speed(*_crowd(), n_workers=20)
    assert result.exponent == pytest.approx(0.5, abs=0.07)
    assert result.seconds_at == pytest.approx(2.0, rel=0.5)


def test_short_tasks_may_be_fast():
    seconds, length, worker = _crowd()
    short = worker == 5
    seconds[short], length[short] = 4.0, 3
    assert not answering_speed(seconds, length, worker, n_workers=20).is_fast[5]


def test_one_prolific_bot_does_not_set_the_pace():
    seconds, length, worker = _crowd()
    many = 5_000
    rng = np.random.default_rng(1)
    seconds = np.concatenate((seconds, rng.uniform(0.5, 1.5, many)))
    length = np.concatenate((length, rng.integers(20, 2_000, many)))
    worker = np.concatenate((worker, np.full(many, 20)))
    assert np.flatnonzero(answering_speed(seconds, length, worker, n_workers=21).is_fast).tolist() == [0, 20]


def test_the_unit_of_time_does_not_matter():
    seconds, length, worker = _crowd()
    straight = answering_speed(seconds, length, worker, n_workers=20)
    scaled = answering_speed(60 * seconds, length, worker, n_workers=20)
    assert scaled.typical == pytest.approx(straight.typical)


def test_too_few_answers_are_not_judged():
    result = answering_speed([0.1] * 3 + [10.0] * 12, [50] * 15, [0] * 3 + [1] * 12, n_workers=3)
    assert np.isnan(result.typical[0])
    assert not result.is_fast[0]
    assert np.isnan(result.typical[2])


def test_equal_times_tell_nobody_apart():
    result = answering_speed([5.0] * 20, [10] * 20, [0] * 20, n_workers=1)
    assert result.typical.tolist() == [0.0]
    assert "nobody can be told apart" in result.notes[0]


def test_no_answers():
    assert answering_speed([], [], [], n_workers=2).notes == ("there are no answers",)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"seconds\[1\] is -1.0"):
        answering_speed([1, -1], [1, 1], [0, 0], n_workers=1)
    with pytest.raises(ValueError, match=r"length\[0\] is nan"):
        answering_speed([1], [float("nan")], [0], n_workers=1)
    with pytest.raises(ValueError, match="worker index is outside"):
        answering_speed([1], [1], [1], n_workers=1)
    with pytest.raises(ValueError, match="shape"):
        answering_speed([1, 2], [1], [0], n_workers=1)
