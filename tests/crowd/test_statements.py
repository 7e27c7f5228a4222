"""Pay statements: every entry with what is behind it, and no character that can be changed unnoticed."""

from __future__ import annotations

import json
import os
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cast import Cast, make_cast
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from crowd.models import Entry
from crowd.policies.statements import COLUMNS, Record, as_csv, as_json, find_problems, read_statement, seal
from crowd.queries.statements import statement_of
from crowd.services.bonuses import pay_bonus
from crowd.services.pay_review import reject_answer, reverse_rejection
from crowd.services.prices import set_price_rule
from crowd.times import zulu

EARLY = datetime(2020, 1, 1, tzinfo=UTC)
MADE = datetime(2026, 1, 2, tzinfo=UTC)


def made(cast: Cast) -> list[Record]:
    now = timezone.now()
    return list(statement_of(cast.worker, start=EARLY, end=now + timedelta(days=1), made_at=now))


@pytest.fixture
def sealed() -> list[Record]:
    return list(
        seal(
            [
                {"record": "statement", "format": "assay-pay-statement-1", "worker": "w", "made_at": MADE.isoformat()},
                {"record": "opening", "currency": "EUR", "amount_micros": "-5"},
                {"record": "entry", "currency": "EUR", "amount_micros": "20000", "reason": "=1+1", "evidence": '"a"'},
                {"record": "entry", "currency": "EUR", "amount_micros": "-10000", "reason": "'=x\nline\r\ntwo"},
                {"record": "closing", "currency": "EUR", "amount_micros": "9995"},
                {"record": "end"},
            ]
        )
    )


def test_a_sound_statement_reads_the_same_from_json_and_from_csv(sealed: list[Record]) -> None:
    assert find_problems(sealed) == []
    assert read_statement("".join(as_json(sealed))) == sealed
    assert read_statement("".join(as_csv(sealed))) == sealed
    assert "=1+1" not in [cell for cell in "".join(as_csv(sealed)).split(",") if not cell.startswith("'")]


def test_every_changed_character_of_an_amount_or_a_hash_is_found(sealed: list[Record]) -> None:
    tried = 0
    for n, record in enumerate(sealed):
        for name in ("amount_micros", "hash"):
            for i, old in enumerate(record.get(name, "")):
                for new in sorted({*string.digits, "a", "-"} - {old}):
                    text = record[name][:i] + new + record[name][i + 1 :]
                    changed = [*sealed[:n], record | {name: text}, *sealed[n + 1 :]]
                    assert find_problems(changed) != [], f"record {n + 1}: {name} {text}"
                    tried += 1
    assert tried > 4_000


def test_every_flipped_byte_of_the_files_is_found_or_changes_nothing(sealed: list[Record]) -> None:
    for text in ("".join(as_json(sealed)), "".join(as_csv(sealed))):
        for i in range(0, len(text), 3):
            other = text[:i] + ("x" if text[i] != "x" else "y") + text[i + 1 :]
            try:
                records = read_statement(other)
            except ValueError:
                continue
            assert find_problems(records) != [], f"character {i}: {text[max(0, i - 10) : i + 10]!r}"


# Whatever people write as a reason: formulas, quotes, line ends, marks that a spreadsheet or a parser could trip over.
written = st.text(
    st.sampled_from("=+-@'\",\\{}[]:\t\r\n\x00\x1f\ufeff\u2028é😀0") | st.characters(exclude_categories=["Cs"]),
    max_size=9,
)
characters = st.sampled_from(string.digits + "-'\",\\ \n\r\t{}[]:") | st.characters(exclude_categories=["Cs"])


@given(
    entries=st.lists(st.tuples(st.integers(-(10**9), 10**9), written), max_size=3),
    new=characters,
    share=st.floats(0, 1, exclude_max=True),
)
@settings(deadline=None, max_examples=int(os.environ.get("ASSAY_STATEMENT_EXAMPLES", "150")))
def test_any_changed_character_of_a_file_is_found_or_is_only_another_way_to_write_the_same(
    entries: list[tuple[int, str]], new: str, share: float
) -> None:
    amounts = {"currency": "EUR", "amount_micros": "0"}
    made = [{"record": "statement", "format": "assay-pay-statement-1", "worker": "w"}, {"record": "opening"} | amounts]
    made += [
        {"record": "entry", "currency": "EUR", "amount_micros": str(amount), "reason": reason, "evidence": reason[::-1]}
        for amount, reason in entries
    ]
    total = str(sum(amount for amount, _ in entries))
    sealed = list(seal([*made, {"record": "closing"} | amounts | {"amount_micros": total}, {"record": "end"}]))
    for text in ("".join(as_json(sealed)), "".join(as_csv(sealed))):
        assert read_statement(text) == sealed
        assert find_problems(sealed) == []
        i = int(share * len(text))
        other = text[:i] + new + text[i + 1 :]
        try:
            records = read_statement(other)
        except ValueError:
            continue
        assert records == sealed or find_problems(records) != [], f"character {i} of {text!r}"
        if text[i].isdigit() and new != text[i]:
            assert find_problems(records) != [], f"digit {i} of {text!r}"


def test_records_cannot_be_dropped_doubled_swapped_or_cut_off(sealed: list[Record]) -> None:
    for n in range(len(sealed)):
        assert find_problems(sealed[:n] + sealed[n + 1 :]) != []
        assert find_problems([*sealed[:n], sealed[n], *sealed[n:]]) != []
    assert find_problems([*sealed[:2], sealed[3], sealed[2], *sealed[4:]]) != []
    assert find_problems([]) != []


def test_sums_are_checked_even_where_the_hashes_were_made_again(sealed: list[Record]) -> None:
    bodies = [{name: text for name, text in record.items() if name not in ("hash", "number")} for record in sealed]
    bodies[2]["amount_micros"] = "20001"
    assert find_problems(seal(bodies)) == ["record 5: EUR closes at 9995; opening and entries give 9996"]


def test_an_amount_longer_than_any_account_is_named_and_not_computed(sealed: list[Record]) -> None:
    problems = find_problems([*sealed[:2], sealed[2] | {"amount_micros": "9" * 5_000}, *sealed[3:]])
    assert "record 3: its amount is no whole number of micro-units" in problems


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "{", '{"records": 1}', '{"records": [1]}', '"x"'])
def test_what_is_no_statement_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        read_statement(text)


@pytest.mark.django_db
def test_a_statement_has_every_entry_with_what_is_behind_it() -> None:
    cast = make_cast(tasks=4)
    first = cast.answer(cast.worker).answer
    body = {"base_micros": 30_000, "factors": [{"by": "trust_level", "percent": {"new": 200}}]}
    set_price_rule(project=cast.project, body=body, actor=cast.owner)
    second = cast.answer(cast.worker).answer
    args = {"project": cast.project, "answer_uid": first.uid}
    reject_answer(**args, actor=cast.manager, reason="random", evidence={"n": 3})
    reverse_rejection(**args, actor=cast.owner, reason="a mistake")
    pay_bonus(
        project=cast.project, key="b", worker_uid=cast.worker.uid, amount_micros=7, reason="=thanks", actor=cast.owner
    )
    cast.answer(cast.workers[1])
    records = made(cast)
    assert find_problems(records) == []
    assert records[1] | {"hash": ""} == {
        "record": "opening", "currency": "USD", "amount_micros": "0", "number": "2", "hash": ""
    }  # fmt: skip
    entries = [record for record in records if record["record"] == "entry"]
    shown = [(e["kind"], int(e["amount_micros"]), e.get("answer"), e["reason"]) for e in entries]
    assert shown == [
        ("answer_pay", 20_000, str(first.uid), "answer"),
        ("answer_pay", 60_000, str(second.uid), "answer"),
        ("reversal", -20_000, str(first.uid), "rejected"),
        ("reversal", 20_000, str(first.uid), "reinstated"),
        ("bonus", 7, None, "=thanks"),
    ]
    assert [e.get("price_rule_version") for e in entries] == ["0", "1", None, None, None]
    assert json.loads(entries[1]["price_factors"]) == [{"by": "trust_level", "value": "new", "percent": 200}]
    assert (entries[0]["review"], entries[0]["review_reason"], json.loads(entries[0]["evidence"])) == (
        "approved",
        "random",
        {"n": 3},
    )
    assert [r["amount_micros"] for r in records if r["record"] == "closing"] == ["80007"]
    assert read_statement("".join(as_csv(records))) == read_statement("".join(as_json(records))) == records


@pytest.mark.django_db
def test_a_period_opens_where_the_one_before_closed(cast: Cast) -> None:
    cast.answer(cast.worker)
    cast.answer(cast.worker)
    middle = Entry.objects.order_by("id").last().transaction.created_at  # type: ignore[union-attr]
    now = timezone.now()
    before = list(statement_of(cast.worker, start=EARLY, end=middle, made_at=now))
    after = list(statement_of(cast.worker, start=middle, end=now + timedelta(days=9), made_at=now))
    assert [r["amount_micros"] for r in before if r["record"] == "closing"] == ["20000"]
    assert [r["amount_micros"] for r in after if r["record"] == "opening"] == ["20000"]
    assert after[0]["period_to"] == zulu(now), "a statement does not speak of the future"
    assert find_problems(before) == find_problems(after) == []


@pytest.mark.django_db
def test_gold_and_real_tasks_look_the_same() -> None:
    shapes = []
    for rate in (0.0, 1.0):
        cast = make_cast(gold_rate=rate)
        cast.gold(1)
        cast.answer(cast.worker)
        (entry,) = [record for record in made(cast) if record["record"] == "entry"]
        shapes.append(
            {
                name: text
                for name, text in entry.items()
                if name not in ("at", "answer", "transaction", "project", "hash")
            }
        )
    assert shapes[0] == shapes[1]


def test_the_command_checks_a_file_without_a_database(sealed: list[Record], tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    for name, text in (("s.json", "".join(as_json(sealed))), ("s.csv", "".join(as_csv(sealed)))):
        good, bad = tmp_path / name, tmp_path / f"bad-{name}"
        good.write_bytes(text.encode())
        call_command("verify_statement", str(good))
        assert "sound. 2 entries of worker w" in capsys.readouterr().out
        bad.write_bytes(text.replace("20000", "20001").encode())
        with pytest.raises(CommandError, match="record 3"):
            call_command("verify_statement", str(bad))
    with pytest.raises(CommandError, match="missing"):
        call_command("verify_statement", str(tmp_path / "missing"))


def test_the_columns_are_fixed() -> None:
    assert len(set(COLUMNS)) == len(COLUMNS) == 21
