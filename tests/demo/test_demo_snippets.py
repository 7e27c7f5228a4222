"""Parsing the corpus files: good lines become snippets, bad ones are named."""

from __future__ import annotations

from tiny_corpus import corpus_files

from demo.snippets import Snippet, parse_snippets


def test_texts_join_their_ratings_by_id_in_the_order_of_the_ratings():
    files = corpus_files(
        "1_1\t-1.5\tbad one\r\n1_2\t0.5\tgood one\r\n", "1_2\t0.5\t0.5\t[0, 1]\n1_1\t-1.5\t0.5\t[-1, -2]\n"
    )
    assert parse_snippets(files) == ([Snippet("1_2", "good one", (0, 1)), Snippet("1_1", "bad one", (-1, -2))], [])


def test_the_byte_order_mark_of_the_real_file_is_not_part_of_the_first_id():
    files = corpus_files("1_1\t1\tfine\n", b"\xef\xbb\xbf1_1\t1\t0\t[1]\n")
    snippets, bad = parse_snippets(files)
    assert [snippet.id for snippet in snippets] == ["1_1"]
    assert bad == []


def test_a_text_without_ratings_is_no_snippet_and_no_fault():
    assert parse_snippets(corpus_files("1_1\t1\tfine\n", "")) == ([], [])


def test_every_bad_line_is_named_and_the_others_stay():
    texts = (
        b"a\t1\tone\nb\t1\nc\t1\t\xff\xfe\nd\t1\tfour\nd\t1\tagain\ne\t1\tfive\nf\t1\tsix\ng\t1\tseven\nh\t1\teight\n"
    )
    ratings = (
        "a\t1\t0\t[1, 1]\nb\t1\t0\t[1]\nd\t1\t0\t[1, 5]\ne\t1\t0\t1 1\nf\t1\t0\t[]\ng\t1\t0\t[1, 0]\n"
        "h\t1\t0\t[true]\na\t1\t0\t[1]\ni\tx\t0\t[1]\n"
    )
    snippets, bad = parse_snippets(corpus_files(texts, ratings))
    assert snippets == [Snippet("a", "one", (1, 1))]
    t, r = "amazonReviewSnippets_GroundTruth.txt", "amazonReviewSnippets_anonDataRatings.txt"
    assert sorted(map(str, bad)) == sorted(
        [
            f"{t}, line 2: it has 2 columns, expected 3",
            f"{t}, line 3: it is not UTF-8 text",
            f"{t}, line 5: it repeats d",
            f"{r}, line 2: b has no text in {t}",
            f"{r}, line 3: the rating 5 is not a whole number from -4 to 4",
            f"{r}, line 4: its ratings are not a list",
            f"{r}, line 5: its ratings are not a list",
            f"{r}, line 6: the mean is given as 1, but the ratings have another",
            f"{r}, line 7: the rating True is not a whole number from -4 to 4",
            f"{r}, line 8: it repeats a",
            f"{r}, line 9: its mean x is not a number",
        ]
    )
