"""Preferences become scores; workers who flip them are found out."""

import numpy as np
import pytest

from quality.aggregation.bradley_terry import BradleyTerry
from quality.answer_forms import PairwiseAnswers
from quality.errors import ConvergenceWarning


def _crowd(seed, n_tasks=400, n_options=25, n_workers=20, overlap=3):
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1.5, n_options)
    reliability = np.where(rng.random(n_workers) < 0.3, 0.5, 0.95)
    reliability[0] = 0.05
    records = []
    for task in range(n_tasks):
        i, j = (int(x) for x in rng.choice(n_options, 2, replace=False))
        for worker in rng.choice(n_workers, overlap, replace=False):
            fell_first = rng.random() < 1 / (1 + np.exp(truth[j] - truth[i]))
            preferred = (i if fell_first else j) if rng.random() < reliability[worker] else (j if fell_first else i)
            records.append((task, int(worker), i, j, preferred))
    answers = PairwiseAnswers.from_records(records)
    order = list(answers.options)
    return records, answers, truth[order] - truth.mean(), reliability[list(answers.workers)]


@pytest.mark.parametrize("seed", range(3))
def test_beats_taking_every_worker_at_their_word(seed):
    _, answers, truth, reliability = _crowd(seed)
    result = BradleyTerry().fit(answers)
    believing = BradleyTerry(reliability_prior=(1e7, 1.0)).fit(answers)
    assert np.corrcoef(result.score, truth)[0, 1] > np.corrcoef(believing.score, truth)[0, 1]
    assert np.corrcoef(result.reliability, reliability)[0, 1] > 0.9
    assert result.reliability[list(answers.workers).index(0)] < 0.3


def test_intervals_of_scores_cover():
    covered = []
    for seed in range(5):
        _, answers, truth, _ = _crowd(seed)
        result = BradleyTerry().fit(answers)
        covered.append((result.low <= truth) & (truth <= result.high))
    assert np.mean(covered) >= 0.92


def test_agrees_with_the_published_baseball_example():
    # Home and away wins of seven teams, 1987 (Agresti, Categorical Data Analysis, table 11.10 of the 2nd edition);
    # published abilities relative to Baltimore, by maximum likelihood.
    teams = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
    wins = [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ]
    records, game = [], 0
    for i, row in enumerate(wins):
        for j, number in enumerate(row):
            for _ in range(number):
                records.append((game, "umpire", teams[i], teams[j], teams[i]))
                game += 1
    result = BradleyTerry(score_sd=1e4, reliability_prior=(1e12, 1.0), tol=1e-9).fit(
        PairwiseAnswers.from_records(records)
    )
    score = dict(zip(result.options, result.score - result.score[result.options.index("Baltimore")], strict=True))
    published = [1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0.0]
    assert [score[team] for team in teams] == pytest.approx(published, abs=0.006)


def test_objective_never_decreases():
    for seed in range(3):
        objective = BradleyTerry().fit(_crowd(seed)[1]).objective
        assert (np.diff(objective) >= -1e-8).all()


def test_which_option_is_shown_first_does_not_matter():
    records, answers, _, _ = _crowd(1)
    turned = PairwiseAnswers.from_records([(t, w, j, i, p) for t, w, i, j, p in records])
    straight, other = BradleyTerry().fit(answers), BradleyTerry().fit(turned)
    score = dict(zip(other.options, other.score, strict=True))
    assert [score[option] for option in straight.options] == pytest.approx(straight.score.tolist(), abs=1e-6)


def test_unconnected_parts_are_said_and_tied_by_the_prior():
    answers = PairwiseAnswers.from_records([(0, "w", "a", "b", "a"), (1, "w", "c", "d", "c"), (2, "w", "c", "d2", "c")])
    result = BradleyTerry().fit(answers)
    assert result.component.tolist() == [0, 0, 1, 1, 1]
    assert "2 parts that share no option" in result.notes[0]
    for part in (0, 1):
        assert result.score[result.component == part].sum() == pytest.approx(0.0, abs=1e-6)
    assert result.probability_above(0, 1) > result.probability_above(0, 2)


def test_an_option_that_never_lost_stays_finite():
    answers = PairwiseAnswers.from_records([(t, "w", "best", "other", "best") for t in range(500)])
    result = BradleyTerry().fit(answers)
    assert 1.0 < result.score[0] < 10.0
    assert result.ranking.tolist() == [0, 1]
    assert result.probability_above(0, 0) == 0.5


def test_a_tie_counts_half_each_way():
    result = BradleyTerry().fit(PairwiseAnswers.from_records([(t, "w", "a", "b", None) for t in range(20)]))
    assert result.score == pytest.approx([0.0, 0.0])


def test_gold_judges_workers_without_their_own_help():
    records = [(t, w, "a", "b", "a" if w == "right" else "b") for t in range(30) for w in ("right", "wrong")]
    result = BradleyTerry().fit(PairwiseAnswers.from_records(records), gold=dict.fromkeys(range(30), "a"))
    assert result.reliability == pytest.approx([34 / 35, 4 / 35])
    assert result.score[0] > result.score[1]


def test_history_decides_between_two_workers():
    answers = PairwiseAnswers.from_records(
        [(t, w, "a", "b", "a" if w == "x" else "b") for t in range(20) for w in ("x", "y")]
    )
    result = BradleyTerry().fit(answers, priors={"x": (200, 2), "y": (100, 100)})
    assert result.score[0] > result.score[1] + 1
    assert BradleyTerry().fit(answers, priors={"x": (100, 100), "y": (200, 2)}).score[0] < 0


def test_nothing_to_learn_from():
    result = BradleyTerry().fit(PairwiseAnswers.from_records([]))
    assert result.score.shape == (0,)
    assert result.notes == ("there are no answers to learn from",)


def test_warns_when_it_stops_early():
    with pytest.warns(ConvergenceWarning, match="after 1 iterations"):
        BradleyTerry(max_iter=1).fit(_crowd(0)[1])


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (("u", "w", "a", "a", "a"), "task 'u' compares 'a' with 'a'"),
        (("u", "w", "a", "b", "c"), "worker 'w' preferred 'c' on task 'u'"),
        (("t", "v", "a", "c", "a"), "task 't' compared other options before"),
        (("t", "w", "a", "b", "a"), "worker 'w' answers task 't' a second time"),
    ],
)
def test_bad_answers_are_named(record, message):
    with pytest.raises(ValueError, match=message):
        PairwiseAnswers.from_records([("t", "w", "a", "b", "a"), record])


def test_bad_input_is_named():
    answers = PairwiseAnswers.from_records([("t", "w", "a", "b", "a")])
    with pytest.raises(ValueError, match="gold of task 't' is 'c'"):
        BradleyTerry().fit(answers, gold={"t": "c"})
    with pytest.raises(ValueError, match="prior of worker 'w'"):
        BradleyTerry().fit(answers, priors={"w": (1, -1)})
    with pytest.raises(ValueError, match="score_sd"):
        BradleyTerry(score_sd=0)
