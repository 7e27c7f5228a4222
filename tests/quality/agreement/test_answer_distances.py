"""Distances between sets, texts, spans, boxes, polygons; matching; alpha on any of them."""

from __future__ import annotations

import numpy as np
import pytest

from quality.agreement import any_distance
from quality.agreement.alpha import krippendorff_alpha
from quality.agreement.any_distance import alpha_with_distance
from quality.agreement.distances import (
    edit_distance,
    edit_steps,
    jaccard_distance,
    masi_distance,
    word_distance,
    word_error_rate,
)
from quality.agreement.matching import f1_distance, match, match_boxes, match_polygons, match_spans, token_f1
from quality.agreement.shapes import box_iou, polygon_iou
from quality.answers import AnswerSet


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [
        ("kitten", "sitting", 3),
        ("", "abc", 3),
        ("abc", "", 3),
        ("same", "same", 0),
        ("flaw", "lawn", 2),
        ("ab", "ba", 2),
    ],
)
def test_edit_steps(first, second, steps):
    assert edit_steps(first, second) == edit_steps(second, first) == steps


def test_edit_steps_equal_the_textbook_recursion():
    rng = np.random.default_rng(0)
    for _ in range(40):
        a, b = ("".join(rng.choice(list("abc"), rng.integers(0, 9))) for _ in range(2))
        table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
        table[:, 0], table[0, :] = range(len(a) + 1), range(len(b) + 1)
        for i in range(len(a)):
            for j in range(len(b)):
                table[i + 1, j + 1] = min(table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + (a[i] != b[j]))
        assert edit_steps(a, b) == table[-1, -1]


def test_text_distances_are_shares():
    assert edit_distance("kitten", "sitting") == pytest.approx(3 / 7)
    assert edit_distance("", "") == 0
    assert word_error_rate("the cat sat down", "a cat sat") == pytest.approx(2 / 3)
    assert word_error_rate("", "") == 0
    assert word_error_rate("more", "") == 1
    assert word_distance("a cat sat", "the cat sat down") == pytest.approx(2 / 4)
    assert word_distance("", "") == 0


def test_masi_has_exact_thirds():
    assert masi_distance({1, 2}, {1, 2, 3, 4}) == pytest.approx(1 - 1 / 2 * 2 / 3)
    assert masi_distance({1, 2}, {2, 3}) == pytest.approx(1 - 1 / 3 * 1 / 3)
    assert masi_distance({1}, {2}) == 1
    assert masi_distance(set(), set()) == jaccard_distance(set(), set()) == 0


def test_polygon_overlap_agrees_with_a_fine_grid_even_for_hollow_shapes():
    star = [(0, 3), (4, 3), (1, 0), (2, 5), (3, 0)]  # crosses itself: the middle is outside by the even-odd rule
    arrow = [(0, 0), (4, 2), (0, 4), (1.5, 2)]
    x, y = np.meshgrid((np.arange(1200) + 0.5) / 200, (np.arange(1200) + 0.5) / 200)

    inside = [_inside(np.array(shape, dtype=float), x, y) for shape in (star, arrow)]

    expected = (inside[0] & inside[1]).sum() / (inside[0] | inside[1]).sum()
    assert polygon_iou(star, arrow) == pytest.approx(expected, abs=2e-3)
    assert polygon_iou(star, star) == pytest.approx(1)


def _inside(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    odd = np.zeros(x.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        crosses = (y0 > y) != (y1 > y)
        odd ^= crosses & (x < x0 + (y - y0) / ((y1 - y0) or 1) * (x1 - x0))
    return odd


def test_polygons_that_are_boxes_overlap_like_boxes():
    def corners(left, top, right, bottom):
        return [(left, top), (right, top), (right, bottom), (left, bottom)]

    for a, b in (((0, 0, 4, 2), (1, 1, 5, 6)), ((0, 0, 1, 1), (2, 2, 3, 3)), ((0, 0, 9, 9), (1, 2, 3, 4))):
        assert polygon_iou(corners(*a), corners(*b)) == pytest.approx(box_iou(a, b))


def test_shapes_out_of_order_are_refused():
    with pytest.raises(ValueError, match=r"\[5.0, 0.0, 1.0, 1.0\]"):
        box_iou((5, 0, 1, 1), (0, 0, 1, 1))
    with pytest.raises(ValueError, match="three"):
        polygon_iou([(0, 0), (1, 1)], [(0, 0), (1, 0), (1, 1)])
    with pytest.raises(ValueError, match="ends before"):
        match_spans([(5, 2, "x")], [(0, 1, "x")])


def test_a_point_box_matches_itself():
    assert box_iou((1, 1, 1, 1), (1, 1, 1, 1)) == 1
    assert box_iou((1, 1, 1, 1), (2, 2, 2, 2)) == 0


def test_matching_keeps_as_many_pairs_as_it_can():
    # The best pair (.9) would leave the other two objects apart, though it outweighs the two pairs of .4.
    overlap = np.array([[0.9, 0.4], [0.4, 0.0]])

    found = match(overlap, 0.3)

    assert [(i, j) for i, j, _ in found.pairs] == [(0, 1), (1, 0)]
    assert (found.f1, found.mean_overlap) == (1.0, pytest.approx(0.4))


def test_matching_prefers_overlap_among_equally_many_pairs():
    found = match(np.array([[0.9, 0.6], [0.6, 0.7]]), 0.5)

    assert [(i, j) for i, j, _ in found.pairs] == [(0, 0), (1, 1)]


def test_nothing_marked_by_both_is_no_value_but_a_reason():
    both, one = match_boxes([], []), match_boxes([(0, 0, 1, 1)], [])

    assert (both.f1, both.reason) == (None, "no_objects")
    assert (one.f1, one.mean_overlap, one.reason) == (0.0, None, None)
    with pytest.raises(ValueError, match="threshold is 0"):
        match_boxes([], [], threshold=0)


def test_spans_match_within_their_label():
    first, second = [(0, 10, "person"), (20, 30, "place")], [(1, 10, "person"), (20, 30, "person")]

    assert match_spans(first, second).f1 == 0
    assert match_spans(first, second, how="overlap").f1 == 0.5
    assert token_f1(first, second).f1 == pytest.approx(2 * 9 / (20 + 19))
    assert token_f1([], []).f1 is None


def test_a_span_marked_twice_is_matched_twice():
    twice = [(0, 3, "x"), (0, 3, "x")]

    assert match_spans(twice, [(0, 3, "x")]).f1 == pytest.approx(2 / 3)


def test_polygons_are_matched_by_overlap():
    square = [(0, 0), (2, 0), (2, 2), (0, 2)]
    shifted = [(1, 0), (3, 0), (3, 2), (1, 2)]

    assert match_polygons([square], [shifted], threshold=0.3).f1 == 1.0
    assert match_polygons([square], [shifted]).f1 == 0.0


def test_alpha_with_the_nominal_distance_is_nominal_alpha():
    rng = np.random.default_rng(0)
    records = [(t, w, int(min(9, t % 5 + rng.integers(0, 2)))) for t in range(40) for w in range(3)]
    answers = AnswerSet.from_records(records)

    found = alpha_with_distance(answers, lambda a, b: 7.0 * (a != b))
    expected = krippendorff_alpha(answers)

    assert (found.value, found.se) == pytest.approx((expected.value, expected.se))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.02)


def test_alpha_on_spans_takes_one_minus_f1():
    answers = AnswerSet.from_records(
        [
            ("t1", "a", ((0, 5, "x"),)),
            ("t1", "b", ((0, 5, "x"),)),
            ("t2", "a", ((1, 2, "x"), (3, 4, "y"))),
            ("t2", "b", ((1, 2, "x"),)),
            ("t3", "a", ()),
            ("t3", "b", ()),
        ]
    )

    found = alpha_with_distance(answers, f1_distance(match_spans), name="span_f1")

    # Observed: 0, 1/3, 0 over three tasks. By chance, over all ordered pairs of the six answers.
    assert found.params["distance"] == "span_f1"
    gaps = {("p", "q"): 1.0, ("p", "r"): 1.0, ("q", "r"): 1 / 3, ("p", "e"): 1.0, ("q", "e"): 1.0, ("r", "e"): 1.0}
    given = {"p": 2, "q": 1, "r": 1, "e": 2}
    expected = sum(2 * given[a] * given[b] * gap for (a, b), gap in gaps.items()) / 30
    assert found.value == pytest.approx(1 - (2 * (1 / 3) / 6) / expected)


def test_many_distinct_answers_are_compared_with_a_sample(monkeypatch):
    rng = np.random.default_rng(1)
    base = ["".join(rng.choice(list("abcd"), 6)) for _ in range(60)]
    records = [(t, w, text[: 6 - (w + t) % 3]) for t, text in enumerate(base) for w in range(3)]
    answers = AnswerSet.from_records(records)
    exact = alpha_with_distance(answers, edit_distance)
    monkeypatch.setattr(any_distance, "ALL_PAIRS", 10)

    sampled = alpha_with_distance(answers, edit_distance)

    assert sampled.params["chance"] == "128 partners each"
    assert sampled.value == pytest.approx(exact.value, abs=0.02)
    assert sampled.se == pytest.approx(exact.se, rel=0.2)


def test_a_negative_distance_is_refused():
    answers = AnswerSet.from_records([("t1", "a", 1), ("t1", "b", 2)])

    with pytest.raises(ValueError, match="distance of 2 from 1 is -1"):
        alpha_with_distance(answers, lambda a, b: -1.0)
