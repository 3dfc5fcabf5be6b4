"""Conditions in the engine: they stand before the mappings, and what they leave out stays as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from connections.kit.codes import Code, Outcome
from formulas.language.context import Context
from syncapp.sync.changes import Decision
from tests.engine import ROWS, Memory, make_spec, source
from tests.every import every

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
UUID = "11111111-2222-3333-4444-555555555555"
COPIED = [row for row in ROWS if row["target"] in {"number", "name"}]
TOWN = "textvlookup(data('zip'), 'place', 'zip', 'city')"


def row(field: str, operator: str, value: str = "", **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, "uuid": UUID, **more}


def store(*rows: dict[str, Any], **options: Any) -> Memory:
    spec = make_spec(conditions={"rows": list(rows)}, **{"rows": COPIED, **options})
    return Memory(spec, context=Context(moment=NOW))


def told(decision: Decision) -> tuple[str, str]:
    return str(decision.outcome), str(decision.code)


PASSED = row("Status", "equals", "done")
SKIPPED = ("skipped", "skipped_by_condition")


def test_a_record_that_does_not_pass_is_left_out() -> None:
    memory = store(PASSED)

    done, held = memory.run(source("1", Status="done"), source("2", Status="held"))

    assert told(done) == ("created", "new")
    assert told(held) == SKIPPED
    assert held.verdict is not None
    assert held.verdict.condition == UUID
    assert held.verdict.message == "Status is 'held', must be equal to 'done'."
    assert list(memory.values()) == ["1"]
    assert {link.remote_id: link.record_id is None for link in memory.known.values()} == {
        "1": False,
        "2": True,
    }


def test_the_same_bytes_are_left_out_again() -> None:
    memory = store(PASSED)
    same = source("1", Status="held")

    assert [told(*memory.run(same)) for _ in range(3)] == [SKIPPED] * 3


def test_a_linked_record_stays_as_it_is() -> None:
    memory = store(PASSED)
    memory.run(source("1", Status="done"))

    again = memory.run(source("1", Status="held", name="Other"))

    assert told(*again) == SKIPPED
    assert again[0].record_id is not None
    assert again[0].key == "1"
    assert memory.values()["1"]["name"] == "Customer 1"
    assert told(*memory.run(source("1", Status="done", name="Other"))) == ("updated", "changed")


def test_what_does_not_pass_is_not_mapped() -> None:
    memory = store(PASSED)

    assert told(*memory.run(source("1", Status="held", name=None))) == SKIPPED
    assert told(*memory.run(source("1", Status="done", name=None))) == (
        "rejected",
        "required_missing",
    )


def test_a_formula_that_fails_rejects_the_record() -> None:
    memory = store({"operator": "is_true", "formula": "tonumber(data('n')) > 3", "uuid": UUID})

    good, bad = memory.run(source("1", n="4"), source("2", n="x"))

    assert told(good) == ("created", "new")
    assert told(bad) == ("rejected", "formula_failed")
    assert bad.verdict is not None
    assert "At line 1, column 1 of" in bad.verdict.message


def test_lookups_of_conditions_join_the_rounds_of_the_page() -> None:
    city = {"target": "city", "kind": "formula", "formula": TOWN}
    condition = {"operator": "equals", "formula": TOWN, "value": "Wien", "uuid": UUID}
    memory = store(condition, rows=[*COPIED, city])
    memory.answers.found = {"1010": "Wien", "4020": "Linz"}
    records = [source(str(n), zip="1010" if n % 2 else "4020") for n in range(20)]

    decisions = memory.run(*records)

    assert [told(one) == ("created", "new") for one in decisions] == [
        n % 2 == 1 for n in range(20)
    ]
    assert memory.answers.rounds == [2]
    assert not memory.spec.by_bytes


def test_a_page_is_tested_ahead_too() -> None:
    memory = store(PASSED)
    records = [source(str(n), Status="done" if n % 3 else "held") for n in range(60)]

    decisions = memory.run(*records, size=10)

    assert [one.outcome is Outcome.SKIPPED for one in decisions] == [
        n % 3 == 0 for n in range(60)
    ]


def test_the_clock_makes_the_same_bytes_another_matter() -> None:
    memory = store(row("At", "in_last_days", "1"))
    one = source("1", At="2026-11-21")
    assert not memory.spec.by_bytes

    assert told(*memory.run(one)) == ("created", "new")
    memory.context = Context(moment=NOW + timedelta(days=2))
    assert told(*memory.run(one)) == SKIPPED


@every(
    ("one", "other", "same"),
    [
        ({"rows": [PASSED]}, {"rows": [{**PASSED, "uuid": ""}]}, True),
        ({"rows": [PASSED]}, {"rows": [PASSED, {**PASSED, "enabled": False}]}, True),
        ({}, {"rows": [{**PASSED, "enabled": False}]}, True),
        ({}, {"rows": [PASSED]}, False),
        ({"rows": [PASSED]}, {"rows": [{**PASSED, "value": "other"}]}, False),
        ({"rows": [PASSED]}, {"groups": [{"rows": [PASSED]}]}, False),
        ({"rows": [PASSED, PASSED]}, {"join": "any", "rows": [PASSED, PASSED]}, False),
    ],
)
def test_conditions_belong_to_the_fingerprint(one: Any, other: Any, same: bool) -> None:
    found = [make_spec(conditions=data).fingerprint for data in (one, other)]

    assert (found[0] == found[1]) is same


def test_fields_of_conditions_are_read() -> None:
    assert store(row("A.B", "equals", other="C")).spec.reads == ("number", "name", "A", "C")
    dynamic = {"operator": "is_true", "formula": "data(data('x'))", "uuid": UUID}
    assert store(dynamic).spec.reads == ()


# --- what it was before -------------------------------------------------------------------


def test_changed_means_since_it_was_synced() -> None:
    memory = store(row("Status", "changed"), row("Held", "not_equals", "yes"))

    def see(status: str, held: str = "no", **more: Any) -> tuple[str, str]:
        return told(*memory.run(source("1", Status=status, Held=held, **more)))

    assert see("open") == ("created", "new")
    assert see("open", name="Other") == SKIPPED
    assert see("done", held="yes") == SKIPPED, "left out, so it is still to be synced"
    assert see("done", name="Other") == ("updated", "changed")
    assert see("done", name="Third") == SKIPPED
    assert see("open") == ("updated", "changed")


def test_an_unsynced_change_is_still_one() -> None:
    memory = store(row("Status", "changed"))
    memory.run(source("1", Status="open"))

    assert told(*memory.run(source("1", Status="done", name=None))) == (
        "rejected",
        "required_missing",
    )
    assert told(*memory.run(source("1", Status="done"))) == ("unchanged", "same_values")
    assert told(*memory.run(source("1", Status="done", x=1))) == SKIPPED


def test_changed_from_to() -> None:
    memory = store(row("Status", "changed_from_to", "open", to="done"))
    memory.run(source("0", Status="done"))
    assert memory.values() == {}, "never synced: it came from nowhere"
    memory.spec = make_spec(rows=COPIED)
    memory.run(source("0", Status="open"), source("1", Status="held"))
    assert list(memory.values()) == ["0", "1"]

    memory.spec = store(row("Status", "changed_from_to", "open", to="done")).spec
    first = memory.run(source("0", Status="open"), source("1", Status="held"))
    assert [told(one) for one in first] == [SKIPPED, SKIPPED], "a first look"
    then = memory.run(source("0", Status="done", name="New"), source("1", Status="done"))

    assert [told(one) for one in then] == [("updated", "changed"), SKIPPED]
    assert told(*memory.run(source("0", Status="done", name="Newer"))) == SKIPPED


def test_without_watched_fields_nothing_is_remembered() -> None:
    memory = store(row("Status", "changed"))
    memory.run(source("1", Status="open"))
    assert [link.vector is None for link in memory.known.values()] == [False]

    memory.spec = make_spec(rows=COPIED)
    memory.run(source("1", Status="done"))

    assert [link.vector for link in memory.known.values()] == [None]


def test_codes_have_an_outcome() -> None:
    memory = store({"operator": "is_true", "formula": "skip('Not ours.')", "uuid": UUID})

    (left,) = memory.run(source("1"))

    assert (left.outcome, left.code) == (Outcome.SKIPPED, Code.SKIPPED_BY_FORMULA)
