"""Child records: what an array of the source holds, kept as records of their own."""

from __future__ import annotations

from typing import Any

from objects.records.changes import ChangeOp
from objects.shape import FieldShape, ObjectShape
from tests.engine import FIELDS, Memory, make_spec, source, tombstone

ORDER = ObjectShape(7, 1, "customer", "Customers", FIELDS, FIELDS[0])
LINE_KEY = FieldShape(11, "id", "Id", required=True, is_key=True)
LINE = ObjectShape(
    9,
    1,
    "position",
    "Positions",
    (
        LINE_KEY,
        FieldShape(12, "item", "Item", required=True, max_length=5),
        FieldShape(13, "serial", "Serial", is_unique=True),
        FieldShape(14, "state", "State", default="open"),
        FieldShape(15, "seen", "Seen", "datetime"),
    ),
    LINE_KEY,
    parent_id=7,
)
INNER: list[dict[str, Any]] = [
    {"target": "id", "source": "Id"},
    {"target": "item", "source": "Item"},
    {"target": "serial", "source": "Serial"},
]


def row(*inner: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {
        "target": "position",
        "kind": "children",
        "source": "Lines",
        "rows": [*INNER, *inner],
        **options,
    }


def memory(children: dict[str, Any] | None = None, **options: Any) -> Memory:
    rows = [
        {"target": "number", "source": "number"},
        {"target": "name", "source": "name"},
        children or row(),
    ]
    return Memory(
        make_spec(shape=ORDER, shapes={"position": LINE}, rows=rows, **options),
        children={"position": {}},
    )


def order(number: str, *lines: tuple[str, str], **values: Any) -> Any:
    inner = [{"Id": name, "Item": item} for name, item in lines]
    return source(number, **{"Lines": inner, **values})


def held(store: Memory) -> dict[str, dict[str, str]]:
    """Live children by the key of their record: key → item."""
    names = {one.id: one.key for one in store.records.values()}
    found: dict[str, dict[str, str]] = {}
    for child in store.children["position"].values():
        if not child.deleted:
            owner = names[child.parent_id or 0]
            found.setdefault(owner, {})[child.key] = child.values["item"]
    return found


def test_they_are_created_with_their_record() -> None:
    store = memory()

    assert store.outcomes(order("1", ("a", "X"), ("b", "Y")), order("2")) == [
        ("created", "new"),
        ("created", "new"),
    ]
    assert held(store) == {"1": {"a": "X", "b": "Y"}}
    assert {one.values["state"] for one in store.children["position"].values()} == {"open"}


def test_a_record_of_which_only_a_child_differs_is_updated() -> None:
    store = memory()
    store.run(order("1", ("a", "X"), ("b", "Y")))

    (decision,) = store.run(order("1", ("a", "X"), ("b", "Z"), ("c", "Q")))

    assert (str(decision.outcome), str(decision.code)) == ("updated", "changed")
    assert decision.change is None
    assert [one.change.op for one in decision.children] == [ChangeOp.UPDATE, ChangeOp.CREATE]
    assert held(store) == {"1": {"a": "X", "b": "Z", "c": "Q"}}


def test_what_is_no_longer_there_is_deleted_and_may_come_back() -> None:
    store = memory()
    store.run(order("1", ("a", "X"), ("b", "Y")))

    assert store.outcomes(order("1", ("b", "Y"))) == [("updated", "changed")]
    assert held(store) == {"1": {"b": "Y"}}
    store.run(order("1", ("a", "Z"), ("b", "Y")))
    assert held(store) == {"1": {"a": "Z", "b": "Y"}}
    assert len(store.children["position"]) == 2


def test_nothing_is_written_if_nothing_differs() -> None:
    store = memory()
    store.run(order("1", ("a", "X")))

    assert store.outcomes(order("1", ("a", "X"))) == [("unchanged", "same_source")]
    assert store.outcomes(order("1", ("a", "X"), other=1)) == [("unchanged", "same_values")]
    assert [one.rev for one in store.children["position"].values()] == [1]


def test_a_child_moves_to_another_record() -> None:
    store = memory()
    store.run(order("1", ("a", "X")), order("2"))

    outcomes = store.outcomes(order("1"), order("2", ("a", "X")))

    assert outcomes == [("unchanged", "same_values"), ("updated", "changed")]
    assert held(store) == {"2": {"a": "X"}}
    assert len(store.children["position"]) == 1


def test_a_child_moves_to_a_new_record() -> None:
    store = memory()
    store.run(order("1", ("a", "X")))

    store.run(order("2", ("a", "Y")))

    assert held(store) == {"2": {"a": "Y"}}


def test_an_array_that_is_absent_leaves_children_alone_and_null_empties_it() -> None:
    store = memory()
    store.run(order("1", ("a", "X")))

    assert store.outcomes(source("1", other=1)) == [("unchanged", "same_values")]
    assert held(store) == {"1": {"a": "X"}}
    assert store.outcomes(source("1", Lines=None)) == [("updated", "changed")]
    assert held(store) == {}


def test_an_empty_array_may_leave_children_alone() -> None:
    store = memory(row(if_empty="skip"))
    store.run(order("1", ("a", "X")))

    assert store.outcomes(source("1", Lines=None)) == [("unchanged", "same_values")]


def test_a_child_that_cannot_be_mapped_refuses_its_record() -> None:
    store = memory()

    wrong, right = store.run(order("1", ("a", "X"), ("b", "too long")), order("2", ("c", "X")))

    assert (str(wrong.outcome), str(wrong.code)) == ("rejected", "too_long")
    assert wrong.verdict is not None
    assert wrong.verdict.field == "position[1].item"
    assert wrong.verdict.message.startswith("position[1].item: ")
    assert str(right.outcome) == "created"
    assert held(store) == {"2": {"c": "X"}}


def test_a_new_child_needs_what_is_required() -> None:
    store = memory(row({"target": "state", "source": "State"}))
    store.run(order("1", ("a", "X")))

    lines = [{"Id": "a"}, {"Id": "b"}]
    (decision,) = store.run(source("1", Lines=lines))
    assert str(decision.code) == "required_missing"

    store = memory({**row(), "rows": [INNER[0], {**INNER[1], "if_empty": "skip"}]})
    (decision,) = store.run(source("1", Lines=lines))
    assert decision.verdict is not None
    assert decision.verdict.field == "position.item"
    assert decision.verdict.message.startswith("position “a”: Item is required")


def test_options_count_child_by_child() -> None:
    store = memory(
        {**row(), "rows": [INNER[0], {**INNER[1], "when": "create"}]},
    )
    store.run(order("1", ("a", "X")))

    (decision,) = store.run(order("1", ("a", "Y"), ("b", "too long")))

    assert decision.verdict is not None
    assert decision.verdict.message.startswith("position “b”: ")
    store.run(order("1", ("a", "too long"), ("b", "Z")))
    assert held(store) == {"1": {"a": "X", "b": "Z"}}


def test_two_lines_cannot_be_one_child() -> None:
    store = memory()

    twice, first, second = store.run(
        order("1", ("a", "X"), ("a", "Y")), order("2", ("b", "X")), order("3", ("b", "Y"))
    )

    assert [str(one.code) for one in (twice, second)] == ["key_linked_elsewhere"] * 2
    assert str(first.outcome) == "created"
    assert held(store) == {"2": {"b": "X"}}


def test_unique_values_belong_to_one_child() -> None:
    store = memory()
    lines = [{"Id": "a", "Item": "X", "Serial": "7"}]
    store.run(source("1", Lines=lines))

    (decision,) = store.run(source("2", Lines=[{"Id": "b", "Item": "X", "Serial": "7"}]))

    assert str(decision.code) == "not_unique"
    assert decision.verdict is not None
    assert decision.verdict.field == "position.serial"
    assert "2" not in store.values()


def test_a_record_that_goes_takes_its_children_along() -> None:
    store = memory(deletes="delete")
    store.run(order("1", ("a", "X")), order("2", ("b", "X")))

    (decision,) = store.run(tombstone("1"))

    assert str(decision.outcome) == "deleted"
    assert held(store) == {"2": {"b": "X"}}


def test_a_record_that_comes_back_brings_them_back() -> None:
    store = memory(deletes="delete")
    store.run(order("1", ("a", "X")))
    store.run(tombstone("1"))

    assert store.outcomes(order("1", ("a", "Y"))) == [("created", "resurrected")]
    assert held(store) == {"1": {"a": "Y"}}


def test_without_updates_children_stay_as_they_are() -> None:
    store = memory(allow_update=False)
    store.run(order("1", ("a", "X")))

    assert store.outcomes(order("1", ("a", "Y"))) == [("skipped", "update_off")]
    assert held(store) == {"1": {"a": "X"}}


def test_what_is_stored_may_decide_whether_they_count() -> None:
    created = memory(row(when="create"))
    updated = memory(row(when="update"))
    kept = memory(row(keep_filled=True))
    for store in (created, updated, kept):
        store.run(order("1", ("a", "X")))
        store.run(order("1", ("a", "Y")))

    assert held(created) == {"1": {"a": "X"}}
    assert held(updated) == {"1": {"a": "Y"}}
    assert held(kept) == {"1": {"a": "X"}}


def test_a_mapping_that_counts_refuses_in_the_end() -> None:
    store = memory(row(when="create"))

    assert store.outcomes(source("1", Lines=5)) == [("rejected", "wrong_type")]
    store.run(order("1", ("a", "X")))
    assert store.outcomes(source("1", Lines=5)) == [("unchanged", "same_values")]
    kept = memory(row(keep_filled=True))
    kept.run(order("1", ("a", "X")), order("2"))
    assert kept.outcomes(source("1", Lines=5), source("2", Lines=5)) == [
        ("unchanged", "same_values"),
        ("rejected", "wrong_type"),
    ]


def test_a_child_that_the_store_refuses_rejects_its_record_alone() -> None:
    store = memory()
    store.poison = frozenset({"bad"})

    outcomes = store.outcomes(
        order("1", ("a", "X")), order("2", ("bad", "X")), order("3", ("c", "X"))
    )

    assert [outcome for outcome, _ in outcomes] == ["created", "rejected", "created"]
    assert held(store) == {"1": {"a": "X"}, "3": {"c": "X"}}
    assert "2" not in store.values()


def test_time_alone_changes_no_child() -> None:
    store = memory(row({"target": "seen", "kind": "formula", "formula": "now()"}))
    store.run(order("1", ("a", "X")))

    assert store.outcomes(order("1", ("a", "X"))) == [("unchanged", "same_values")]
    assert store.outcomes(order("1", ("a", "Z"))) == [("updated", "changed")]


def test_they_are_asked_for_in_sets() -> None:
    store = memory()
    store.run(*(order(str(number), (f"c{number}", "X")) for number in range(50)))

    assert store.asked.count("family position") == 1
    assert store.sets == 1


def test_nothing_is_asked_without_children_and_parents() -> None:
    store = memory()

    store.run(source("1"))

    assert "family position" not in store.asked
