"""Training explains at once, an exam tells nothing until it is over, both by plain forms."""

from __future__ import annotations

import re

import pytest
from cast import Cast
from django.test import Client
from django.urls import reverse

from crowd.models import Attempt, Course, Qualification, Step, Worker
from crowd.services.courses import CoursePlan, NewItem, create_course

EXAM = 3


@pytest.fixture
def course(cast: Cast) -> Course:
    """Two items to train with, three for the exam; the right label is always positive."""
    items = [
        NewItem(key=f"i{i}", payload={"text": f"item {i}"}, labels=("positive",), reason="It beams.") for i in range(5)
    ]
    plan = CoursePlan(name="Basics", training=tuple(items[:2]), exam=tuple(items[2:]), max_items=EXAM)
    return create_course(project=cast.project, plan=plan, actor=cast.owner)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def begin(client: Client, course: Course, part: str) -> str:
    return client.post(reverse("course-start", args=[course.uid]), {"part": part}, follow=True).content.decode()


def answer(client: Client, course: Course, choice: str) -> str:
    step = Step.objects.get(answered_at__isnull=True)
    address = reverse("course-answer", args=[course.uid, step.uid])
    return client.post(address, {"choice": choice}, follow=True).content.decode()


def go_through(client: Client, course: Course, part: str, choice: str) -> str:
    page = begin(client, course, part)
    while Attempt.objects.filter(state="running").exists():
        page = answer(client, course, choice)
    return words(page)


def test_home_links_to_the_course_and_says_once_it_is_passed(cast: Cast, worker_client: Client, course: Course) -> None:
    before = words(worker_client.get(reverse("home")).content.decode())
    go_through(worker_client, course, "training", "2")
    go_through(worker_client, course, "exam", "2")
    assert "Basics Training and exam" in before
    assert "Basics Passed" in words(worker_client.get(reverse("home")).content.decode())


def test_opening_the_page_begins_nothing(cast: Cast, worker_client: Client, course: Course) -> None:
    page = words(worker_client.get(reverse("course", args=[course.uid])).content.decode())
    assert "The exam cannot begin now: go through the training first." in page
    assert Attempt.objects.count() == 0


def test_training_says_what_was_right_and_why(cast: Cast, worker_client: Client, course: Course) -> None:
    begin(worker_client, course, "training")
    wrong = words(answer(worker_client, course, "0"))
    assert "Not right item 0 Your answer Negative Right would be Positive It beams." in wrong
    assert "item 1" in wrong
    done = words(answer(worker_client, course, "2"))
    assert "Right item 1 Your answer Positive It beams." in done
    assert "1 right, 1 not. Training only prepares" in done


def test_feedback_is_shown_once(cast: Cast, worker_client: Client, course: Course) -> None:
    begin(worker_client, course, "training")
    answer(worker_client, course, "0")
    assert "It beams." not in worker_client.get(reverse("course", args=[course.uid])).content.decode()


def test_an_exam_tells_nothing_about_an_item(cast: Cast, worker_client: Client, course: Course) -> None:
    go_through(worker_client, course, "training", "2")
    pages = [begin(worker_client, course, "exam")]
    pages += [answer(worker_client, course, choice) for choice in ("2", "0")]
    for page in pages:
        assert "It beams." not in page
        assert "feedback" not in page
        assert re.search(r"\bright\b", words(page).replace("You are not told which answers were right", "")) is None


@pytest.mark.parametrize(
    ("choice", "told", "qualified"),
    [("2", "You hold this qualification It does not expire.", 1), ("0", "Not passed this time", 0)],
)
def test_the_end_of_an_exam_says_what_it_means(
    cast: Cast, worker_client: Client, course: Course, choice: str, told: str, qualified: int
) -> None:
    go_through(worker_client, course, "training", "2")
    assert told in go_through(worker_client, course, "exam", choice)
    assert Qualification.objects.count() == qualified


def test_an_item_without_an_answer_stays(cast: Cast, worker_client: Client, course: Course) -> None:
    begin(worker_client, course, "training")
    assert "please choose an answer first" in answer(worker_client, course, "")
    assert Step.objects.filter(answered_at__isnull=False).count() == 0


def test_a_second_answer_to_an_item_leaves_the_first(cast: Cast, worker_client: Client, course: Course) -> None:
    begin(worker_client, course, "training")
    step = Step.objects.get()
    address = reverse("course-answer", args=[course.uid, step.uid])
    worker_client.post(address, {"choice": "0"})
    page = worker_client.post(address, {"choice": "2"}, follow=True).content.decode()
    step.refresh_from_db()
    assert step.value == "negative"
    assert "You had answered that task before. Your first answer stands." in page


def test_strangers_find_no_course_and_others_no_item(cast: Cast, worker_client: Client, log_in, course: Course) -> None:
    begin(worker_client, course, "training")
    step = Step.objects.get()
    stranger, other = log_in(cast.stranger), log_in(cast.workers[1].user)
    assert stranger.get(reverse("course", args=[course.uid])).status_code == 404
    assert stranger.post(reverse("course-start", args=[course.uid]), {"part": "exam"}).status_code == 404
    address = reverse("course-answer", args=[course.uid, step.uid])
    assert [client.post(address, {"choice": "2"}).status_code for client in (stranger, other)] == [404, 404]
    assert Client().get(reverse("course", args=[course.uid])).status_code == 302
    assert not Worker.objects.filter(user=cast.stranger).exists()
