"""Formulas in the engine: rounds, what is no reason to write, numbers, refusing and leaving out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connections.kit.codes import Code, Outcome
from connections.kit.values import Record
from formulas.language.context import Context
from objects.shape import FieldShape, ObjectShape
from syncapp.sync.changes import Decision
from tests.engine import ROWS, SHAPE, Memory, make_spec, source
from tests.every import every

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CITY = "textvlookup(data('zip'), 'place', 'zip', 'city')"


def formula(target: str, text: str) -> dict[str, Any]:
    return {
        "target": target,
        "kind": "formula",
        "source": "",
        "value": None,
        "formula": text,
    }


def store(*, shape: ObjectShape = SHAPE, known: str = "number name", **formulas: str) -> Memory:
    """A store whose spec copies two fields and calculates others."""
    copied = [row for row in ROWS if row["target"] in known.split()]
    rows = [*copied, *(formula(target, text) for target, text in formulas.items())]
    return Memory(make_spec(shape=shape, rows=rows), context=Context(moment=NOW))


def later(memory: Memory) -> None:
    memory.context = Context(moment=NOW + timedelta(days=1))


def found(memory: Memory, key: str = "1") -> Mapping[str, Any]:
    return memory.values()[key]


def outcome(decision: Decision) -> tuple[str, str]:
    return str(decision.outcome), str(decision.code)


def test_a_formula_is_evaluated() -> None:
    memory = store(city="upper(concat(data('name'), '!'))")

    memory.run(source("1"))

    assert found(memory)["city"] == "CUSTOMER 1!"


def test_a_page_ahead_is_mapped_in_the_reading_thread() -> None:
    memory = store(city="uuid()")
    records = [source(str(number)) for number in range(40)]

    memory.run(*records, size=10)

    cities = {values["city"] for values in memory.values().values()}
    assert len(cities) == 40
    assert {outcome(one) for one in memory.run(*records, size=10)} == {
        ("unchanged", "same_source")
    }


def test_all_records_of_a_page_ask_at_once() -> None:
    memory = store(city=CITY)
    memory.answers.found = {"1010": "Wien", "4020": "Linz"}
    records = [source(str(number), zip="1010" if number % 2 else "4020") for number in range(9)]

    memory.run(*records)

    assert memory.answers.rounds == [2]
    assert (found(memory, "1")["city"], found(memory, "2")["city"]) == ("Wien", "Linz")


def test_rounds_are_as_many_as_lookups_are_nested() -> None:
    nested = f"textvlookup({CITY}, 'region', 'city', 'name')"
    memory = store(city=nested, vat="textvlookup('x', 'region', 'city', 'vat')")
    memory.answers.found = {"1010": "Wien", "Wien": "Ost"}

    memory.run(source("1", zip="1010"), source("2", zip="9"), source("3"))

    assert memory.answers.rounds == [3, 1]
    assert found(memory)["city"] == "Ost"
    assert found(memory, "2")["city"] is None


def test_nothing_is_mapped_ahead_of_its_lookups() -> None:
    memory = store(city=CITY)

    memory.run(*(source(str(n), zip="1") for n in range(6)), size=2)

    assert memory.answers.rounds == [1, 1, 1]


def test_what_a_lookup_finds_now_counts_although_the_source_is_the_same() -> None:
    memory = store(city=CITY)
    memory.answers.found = {"1010": "Wien"}
    record = source("1", zip="1010")

    assert memory.outcomes(record) == [("created", "new")]
    assert memory.outcomes(record) == [("unchanged", "same_values")]
    memory.answers.found = {"1010": "Vienna"}
    assert memory.outcomes(record) == [("updated", "changed")]
    assert found(memory)["city"] == "Vienna"


@every("text", ["today()", "formatdate(now(), 'Y-m-d')", "tostring(lastrun())"])
def test_time_alone_is_no_reason_to_write(text: str) -> None:
    memory = store(city=text)
    memory.run(source("1"))
    before = found(memory)["city"]
    later(memory)

    assert memory.outcomes(source("1")) == [("unchanged", "same_values")]
    assert found(memory)["city"] == before


def test_time_is_written_along_with_something_else() -> None:
    memory = store(city="today()")
    memory.run(source("1"))
    later(memory)

    (decision,) = memory.run(source("1", name="Other"))

    assert decision.change is not None
    assert decision.change.values == {"name": "Other", "city": "2026-11-22"}
    assert list(decision.change.values) == ["name", "city"]


def test_time_does_not_rename_a_record() -> None:
    rows = [row for row in ROWS if row["target"] in {"name", "vat"}]
    spec = make_spec(primary_key="vat", rows=[*rows, formula("number", "tostring(today())")])
    memory = Memory(spec, context=Context(moment=NOW))
    memory.run(source("1", vat="V1"))
    later(memory)

    memory.run(source("1", vat="V1", name="Other"))

    assert memory.values().keys() == {"2026-11-21"}


def test_each_new_record_draws_one_number_and_keeps_it() -> None:
    memory = store(city="concat('N', sequence('n'), '/', sequence('n'))")

    memory.run(source("1"), source("2"))
    memory.run(source("1", name="Other"), source("2"), source("3"))

    cities = [values["city"] for values in memory.values().values()]
    assert cities == ["N1/1", "N2/2", "N3/3"]
    assert memory.answers.next == 4


def test_a_record_that_is_found_keeps_its_number_or_gets_one() -> None:
    memory = store(city="concat('N', sequence('n'))")
    memory.add("1", name="Customer 1", city="old")
    memory.add("2", name="Customer 2")

    outcomes = memory.outcomes(source("1"), source("2"))

    assert outcomes == [("unchanged", "matched"), ("updated", "matched")]
    assert (found(memory)["city"], found(memory, "2")["city"]) == ("old", "N2")


@every("required", [False, True])
def test_a_record_that_comes_back_keeps_its_number(required: bool) -> None:
    city = FieldShape(3, "city", "City", required=required)
    shape = ObjectShape(7, 1, "customer", "Customers", (*SHAPE.fields[:2], city), SHAPE.key)
    memory = store(shape=shape, city="concat('N', sequence('n'))")
    memory.run(source("1"))
    (stored,) = memory.records.values()
    memory.records[stored.id] = stored._replace(deleted=True)

    assert memory.outcomes(source("1", name="Back")) == [("created", "resurrected")]
    assert found(memory) == {"number": "1", "name": "Back", "city": "N1"}


def test_an_error_rejects_its_record_only() -> None:
    memory = store(city="tostring(number(data('sum')) + 1)")

    first, second = memory.run(source("1", sum="ten"), source("2", sum="10"))

    assert outcome(first) == ("rejected", "formula_failed")
    assert first.verdict is not None
    assert (first.verdict.step, first.verdict.field) == ("map", "city")
    assert "“ten”" in first.verdict.message
    assert first.key == "1"
    assert outcome(second) == ("created", "new")


def test_an_error_after_a_lookup_rejects_too() -> None:
    memory = store(city=f"tostring(number({CITY}))")
    memory.answers.found = {"1": "ten", "2": "20"}

    decisions = memory.run(source("1", zip="1"), source("2", zip="2"))

    assert [one.outcome for one in decisions] == [Outcome.REJECTED, Outcome.CREATED]


def test_fail_rejects_and_skip_leaves_out_in_their_own_words() -> None:
    memory = store(city="if(data('go') == 'no', skip('Not yet'), fail('Never'))")

    skipped, failed = memory.run(source("1", go="no"), source("2"))

    assert outcome(skipped) == ("skipped", Code.SKIPPED_BY_FORMULA)
    assert outcome(failed) == ("rejected", Code.REFUSED_BY_FORMULA)
    assert [one.verdict.message for one in (skipped, failed) if one.verdict] == [
        "Not yet",
        "Never",
    ]
    assert memory.values() == {}


def test_what_is_left_out_stays_as_it_is_and_is_looked_at_again() -> None:
    memory = store(city="if(isempty(data('go')), skip('Not yet'), 'Linz')")
    memory.run(source("1", go="yes"))

    (skipped,) = memory.run(source("1", name="Other"))
    (again,) = memory.run(source("1", name="Other"))

    assert skipped.outcome is again.outcome is Outcome.SKIPPED
    assert skipped.record_id is not None
    assert found(memory)["name"] == "Customer 1"


def test_deleted_and_unreadable_records_ask_nothing() -> None:
    memory = store(city=CITY)

    memory.run(Record("1", b"{}", deleted=True), Record("2", b"{"))

    assert memory.answers.rounds == []
