"""Rankings become one order per task, whoever ranks at random or upside down."""

import numpy as np
import pytest

from quality.aggregation.rankings import PlackettLuce
from quality.answer_forms import RankingAnswers
from quality.errors import ConvergenceWarning

OPTIONS = ("a", "b", "c", "d", "e")


def _crowd(seed, n_tasks=60, n_workers=12, overlap=4, named=5):
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1.5, (n_tasks, 5))
    consistency = np.where(rng.random(n_workers) < 0.35, 0.0, 1.5)
    consistency[:2] = 0.0, 1.5
    records = []
    for task in range(n_tasks):
        for worker in rng.choice(n_workers, overlap, replace=False):
            drawn = consistency[worker] * truth[task] + rng.gumbel(size=5)
            records.append((task, int(worker), [OPTIONS[i] for i in np.argsort(-drawn)[:named]]))
    answers = RankingAnswers.from_records(records, options=dict.fromkeys(range(n_tasks), OPTIONS))
    return records, answers, truth, consistency[list(answers.workers)]


def _pairs_right(result, truth):
    right = [
        (result.score[task][i] > result.score[task][j]) == (truth[task][i] > truth[task][j])
        for task in range(len(truth))
        for i in range(5)
        for j in range(i)
    ]
    return np.mean(right)


@pytest.mark.parametrize("seed", range(3))
def test_beats_trusting_all_workers_alike(seed):
    _, answers, truth, consistency = _crowd(seed)
    result = PlackettLuce().fit(answers)
    alike = PlackettLuce(consistency_sd=1e-4).fit(answers)
    assert _pairs_right(result, truth) > _pairs_right(alike, truth)
    assert np.corrcoef(result.consistency, consistency)[0, 1] > 0.9


def test_intervals_of_consistency_tell_random_rankers_apart():
    _, answers, _, consistency = _crowd(4, n_tasks=150)
    result = PlackettLuce().fit(answers)
    assert (result.consistency_high[consistency == 0] < result.consistency_low[consistency > 0].min()).all()


def test_the_full_ranking_likelihood_by_hand():
    # One ranking a > b > c with consistency held at 1: the slope of log P is zero at the penalised maximum.
    result = PlackettLuce(consistency_sd=1e-6, tol=1e-14).fit(RankingAnswers.from_records([("t", "w", list("abc"))]))
    s = result.score[0]
    p = np.exp(s) / np.exp(s).sum()
    q = np.exp(s[1:]) / np.exp(s[1:]).sum()
    assert 1 - p[0] == pytest.approx(s[0] / 4, abs=1e-4)
    assert (1 - q[0]) - p[1] == pytest.approx(s[1] / 4, abs=1e-4)
    assert -q[1] - p[2] == pytest.approx(s[2] / 4, abs=1e-4)


def test_two_options_are_bradley_terry():
    records = [(0, w, ["a", "b"] if w < 7 else ["b", "a"]) for w in range(10)]
    result = PlackettLuce(consistency_sd=1e-6, score_sd=1e3, tol=1e-14).fit(RankingAnswers.from_records(records))
    assert result.score[0][0] - result.score[0][1] == pytest.approx(np.log(7 / 3), abs=1e-3)


def test_leaving_out_says_something_only_where_the_options_are_known():
    open_ended = PlackettLuce().fit(RankingAnswers.from_records([("t", "v", ["a"]), ("t", "w", ["b"])]))
    assert open_ended.score[0] == pytest.approx([0.0, 0.0])
    top = RankingAnswers.from_records([("t", w, ["a"]) for w in "vwx"], options={"t": ("a", "b", "c")})
    result = PlackettLuce().fit(top)
    assert result.score[0][0] > result.score[0][1] == pytest.approx(result.score[0][2])
    assert result.ties.tolist() == [True]
    assert result.consensus == [("a", "b", "c")]


def test_top_two_answers_still_find_the_order():
    _, answers, truth, _ = _crowd(5, named=2, overlap=6)
    assert _pairs_right(PlackettLuce().fit(answers), truth) > 0.75


def test_objective_never_decreases():
    for seed in range(3):
        objective = PlackettLuce().fit(_crowd(seed)[1]).objective
        assert (np.diff(objective) >= -1e-8).all()


def test_order_of_answers_does_not_matter():
    records, answers, _, _ = _crowd(1)
    shuffled = [records[i] for i in np.random.default_rng(0).permutation(len(records))]
    again = RankingAnswers.from_records(shuffled, options=dict.fromkeys(range(60), OPTIONS))
    scores = dict(zip(again.tasks, PlackettLuce(tol=1e-13).fit(again).score, strict=True))
    straight = PlackettLuce(tol=1e-13).fit(answers)
    for task, score in zip(straight.tasks, straight.score, strict=True):
        assert scores[task] == pytest.approx(score, abs=1e-3)


def test_gold_is_clamped_as_well_as_learnt_from():
    answers = RankingAnswers.from_records(
        [(t, w, list("abc") if w == "up" else list("cba")) for t in range(12) for w in ("up", "down")]
    )
    result = PlackettLuce().fit(answers, gold={t: ["c", "b", "a"] for t in range(6)})
    assert result.consensus[:6] == [("c", "b", "a")] * 6
    assert result.low[0].tolist() == result.high[0].tolist() == result.score[0].tolist()
    # The golds turn the balance on the tasks without gold.
    assert result.consensus[6:] == [("c", "b", "a")] * 6
    assert result.consistency[0] < 0 < result.consistency[1]


def test_history_decides_between_two_workers():
    answers = RankingAnswers.from_records([("t", "x", list("abc")), ("t", "y", list("cba"))])
    assert PlackettLuce().fit(answers, priors={"x": (1.5, 0.1), "y": (0.0, 0.1)}).consensus == [("a", "b", "c")]
    assert PlackettLuce().fit(answers, priors={"x": (0.0, 0.1), "y": (1.5, 0.1)}).consensus == [("c", "b", "a")]


def test_nothing_to_learn_from():
    result = PlackettLuce().fit(RankingAnswers.from_records([]))
    assert result.consensus == []
    assert result.notes == ("there are no answers to learn from",)
    lonely = PlackettLuce().fit(RankingAnswers.from_records([("t", "w", ["a"])]))
    assert lonely.consensus == [("a",)]


def test_warns_when_it_stops_early():
    with pytest.warns(ConvergenceWarning, match="after 1 iterations"):
        PlackettLuce(max_iter=1).fit(_crowd(0)[1])


@pytest.mark.parametrize(
    ("ranking", "message"),
    [
        ([], r"worker 'w' gave \[\] to task 't'"),
        (["a", "a"], "worker 'w' ranked an option of task 't' twice"),
        (["z"], "worker 'w' ranked unknown option 'z' on task 't'"),
    ],
)
def test_bad_answers_are_named(ranking, message):
    with pytest.raises(ValueError, match=message):
        RankingAnswers.from_records([("t", "w", ranking)], options={"t": OPTIONS})


def test_bad_input_is_named():
    answers = RankingAnswers.from_records([("t", "w", ["a", "b"])])
    with pytest.raises(ValueError, match="gold of task 't' ranks"):
        PlackettLuce().fit(answers, gold={"t": ["a"]})
    with pytest.raises(ValueError, match="prior of worker 'w'"):
        PlackettLuce().fit(answers, priors={"w": (1.0, 0.0)})
    with pytest.raises(ValueError, match="no entry in the options"):
        RankingAnswers.from_records([("t", "w", ["a"])], options={})
