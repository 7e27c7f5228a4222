"""A whole demo project over HTTP against a small server with known rules."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack

import pytest
from fake_assay import MANAGER_KEY, FakeAssay, serve_fake
from tiny_corpus import some_snippets

from assay_client import AssayClient, AssayError, RetryPolicy
from demo.crowd_run import CrowdRun, Hand, Outcome
from demo.drive import drive_project
from demo.errors import DemoError
from demo.findings import collect
from demo.project import Plan, choose_material, task_requests
from demo.report import report_lines
from demo.workers import demo_workers

MATERIAL = choose_material(some_snippets(), Plan(tasks=6, golds_per_label=2, seed=5))
WORKERS = demo_workers(MATERIAL, lambda text: text.split()[-1])
NO_RETRY = RetryPolicy(attempts=1)


def _drive(assay):
    with serve_fake(assay) as url, AssayClient(url, MANAGER_KEY, retry=NO_RETRY) as manager:
        drive = drive_project(
            manager,
            lambda key: AssayClient(url, key, retry=NO_RETRY),
            name="Tiny",
            material=MATERIAL,
            workers=WORKERS,
        )
        return drive, collect(manager, drive.project, drive.workers)


def test_everybody_works_until_all_tasks_have_their_answers():
    assay = FakeAssay(overlap=3)
    drive, _ = _drive(assay)
    on_tasks = Counter(a["task_key"] for a in assay.answers if not a["is_gold"] and a["worker"]["kind"] == "human")
    assert on_tasks == dict.fromkeys(MATERIAL.truth, 3)
    assert drive.outcome.submitted.total() == len(assay.answers)


@pytest.mark.parametrize(
    ("proposes", "vote", "said"),
    [(True, "counted", "earned it: its votes count in the last fit"), (False, "shadow", "stays in the shadow")],
)
def test_a_models_votes_count_only_once_the_review_proposes_it(proposes: bool, vote: str, said: str):
    assay = FakeAssay(overlap=3, proposes=proposes)
    _, findings = _drive(assay)
    assert [row["vote"] for row in findings.trust if row["worker"]["kind"] == "function"] == [vote]
    assert (assay.calls["promote"], assay.calls["refit"]) == ((1, 2) if proposes else (0, 1))
    assert ("VADER 3.3.2" in findings.counted.workers) == proposes
    material = choose_material(some_snippets(), Plan(tasks=6, golds_per_label=2, seed=5, max_overlap=4))
    assert f"Here VADER 3.3.2 {said}." in " ".join(" ".join(report_lines(material, WORKERS, findings)).split())


def test_nobody_answers_the_same_text_twice():
    assay = FakeAssay(overlap=3)
    _drive(assay)
    pairs = Counter((a["task_key"], a["worker"]["id"]) for a in assay.answers)
    assert set(pairs.values()) == {1}


def test_replayed_answers_are_the_ratings_of_the_files():
    assay = FakeAssay()
    _drive(assay)
    said = {a["task_key"]: a["value"] for a in assay.answers if a["worker"]["name"].startswith("Replay")}
    truth = MATERIAL.truth
    assert {key: label for key, label in said.items() if key in truth} == {
        key: label for key, label in truth.items() if key in said
    }


def test_workers_told_to_wait_come_back():
    assay = FakeAssay(waits=12)
    drive, _ = _drive(assay)
    assert assay.waits == 0
    assert drive.outcome.submitted.total() == len(assay.answers) > 0


def test_a_suspended_worker_stops_while_the_others_finish():
    assay = FakeAssay()
    drive, findings = _drive(assay)
    suspended = {row["worker"]["name"] for row in findings.trust if row["level"] == "suspended"}
    assert drive.outcome.stopped == dict.fromkeys(suspended, "worker_suspended")
    assert "Planted always positive" in suspended
    assert not any(name.startswith("Replay") for name in suspended)
    status = findings.project["status"]
    assert status["tasks_complete"] == status["tasks"] == 6


def test_a_refusal_that_is_no_suspension_stops_the_demo_with_the_worker_and_the_reason():
    with pytest.raises(DemoError, match=r"could not go on: refused: budget_exhausted \[budget_exhausted, 409\]"):
        _drive(FakeAssay(refuse_claims_with="budget_exhausted"))


def test_a_manager_key_without_rights_is_an_assay_error():
    with serve_fake(FakeAssay()) as url, AssayClient(url, "nobody") as manager, pytest.raises(AssayError) as refusal:
        drive_project(manager, lambda key: AssayClient(url, key), name="x", material=MATERIAL, workers=WORKERS)
    assert refusal.value.code == "forbidden"


def test_a_function_goes_on_while_people_take_turns():
    assay = FakeAssay()
    with serve_fake(assay) as url, ExitStack() as stack:
        manager = stack.enter_context(AssayClient(url, MANAGER_KEY))
        manager.add_tasks("p1", task_requests(MATERIAL))
        chosen = [WORKERS[0], WORKERS[-1], WORKERS[1]]
        made = manager.add_workers("p1", [worker.request for worker in chosen])
        manager.launch("p1")
        hands = [
            Hand(worker=worker, client=stack.enter_context(AssayClient(url, new["key"])))
            for worker, new in zip(chosen, made, strict=True)
        ]
        CrowdRun("p1", hands, Outcome(), threads=1).run(lambda: None, every_seconds=0.05)
    order = [a["worker"]["name"] for a in assay.answers]
    assert order == ["Replay 01", *["VADER 3.3.2"] * 6, *["Replay 02", "Replay 01"] * 5, "Replay 02"]


def test_a_server_that_never_gives_work_is_said_to_be_stalled():
    assay = FakeAssay(waits=10**9)
    with serve_fake(assay) as url, ExitStack() as stack:
        manager = stack.enter_context(AssayClient(url, MANAGER_KEY))
        [made] = manager.add_workers("p1", [WORKERS[0].request])
        manager.launch("p1")
        hand = Hand(worker=WORKERS[0], client=stack.enter_context(AssayClient(url, made["key"])))
        run = CrowdRun("p1", [hand], Outcome(), threads=2, stall_seconds=0.2)
        with pytest.raises(DemoError, match="handed out no task for 0 seconds"):
            run.run(lambda: None, every_seconds=0.05)


def test_an_interrupt_ends_the_run_though_work_is_left():
    def interrupt():
        raise KeyboardInterrupt

    assay = FakeAssay(waits=10**9)
    with serve_fake(assay) as url, AssayClient(url, MANAGER_KEY) as manager:
        [made] = manager.add_workers("p1", [WORKERS[0].request])
        manager.launch("p1")
        with AssayClient(url, made["key"]) as client, pytest.raises(KeyboardInterrupt):
            CrowdRun("p1", [Hand(worker=WORKERS[0], client=client)], Outcome()).run(interrupt, every_seconds=0.05)


@pytest.fixture(scope="module")
def report():
    _, findings = _drive(FakeAssay(overlap=3))
    plan = Plan(tasks=6, golds_per_label=2, seed=5, max_overlap=4)
    material = choose_material(some_snippets(), plan)
    return "\n".join(report_lines(material, WORKERS, findings)), findings


def test_the_report_says_what_is_replayed_and_what_is_planted(report):
    text = " ".join(report[0].split())
    assert "a replay worker is a rating position (the i-th rating of every text), not one person" in text
    assert "Planted: Planted random 1, Planted random 2, Planted always positive. They were never people" in text


def test_the_report_counts_answers_by_where_they_come_from(report):
    text, findings = report
    planted = sum(a["worker"]["name"].startswith("Planted") and not a["is_gold"] for a in findings.answers)
    row = next(line.split() for line in text.splitlines() if line.split()[:2] == ["planted", "3"])
    assert int(row[2]) == planted


def test_the_report_gives_the_evidence_of_every_suspension(report):
    text, findings = " ".join(report[0].split()), report[1]
    for row in findings.trust:
        if row["level"] == "suspended":
            gold = row["gold"]
            golds = f"{gold['right'] + gold['wrong']} golds, {gold['right']} right and {gold['wrong']} wrong"
            assert f"{row['worker']['name']}: suspended after {golds}. Log-likelihood ratio" in text
    assert "under the bar of 0.54 with probability 0.987. Rule two-wrong, version 1." in text


def test_the_report_shows_alpha_or_the_reason_why_there_is_none(report):
    lines = [" ".join(line.split()) for line in report[0].splitlines()]
    assert "people, replayed with planted server 0.500 [0.250, 0.750] 6 5 12" in lines
    assert "VADER alone server none no_pairable_units 0 1 0" in lines


def test_the_report_holds_the_stated_confidence_against_the_accuracy(report):
    assert "The server is 75.0% sure of its labels on average, and right on" in " ".join(report[0].split())


def test_the_report_adds_up_what_is_owed(report):
    text, findings = " ".join(report[0].split()), report[1]
    paid = sum(a["worker"]["kind"] == "human" for a in findings.answers)
    assert (
        f"The ledger's total is {paid * 0.02:.2f} USD, which is the sum of the rows. Its entries sum to zero." in text
    )


def test_the_report_compares_with_fixed_overlaps_of_five_and_of_the_maximum(report):
    lines = [line.strip() for line in report[0].splitlines()]
    rows = [line.split("  ")[0] for line in lines if line.startswith("fixed")]
    assert rows == [
        "fixed 4, same crowd",
        "fixed 5, same crowd",
        "fixed 4, replayed only",
        "fixed 5, replayed only",
    ]
