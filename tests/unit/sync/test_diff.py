"""What is decided about a record, case by case, and the laws that hold for all."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connections.kit.codes import Code, Outcome
from connections.kit.values import Record
from objects.records.changes import ChangeOp
from syncapp.sync import diff, facts, options
from tests.engine import Memory, make_spec, source, tombstone
from tests.every import every

NEW = ("created", "new")
SAME = ("unchanged", "same_source")


@pytest.fixture
def store() -> Memory:
    return Memory(make_spec())


def test_a_new_record_is_created_and_linked(store: Memory) -> None:
    (decision,) = store.run(source("1", city="Bonn", price=Decimal("1.50")))

    assert (decision.outcome, decision.code) == (Outcome.CREATED, Code.NEW)
    assert store.values() == {
        "1": {"number": "1", "name": "Customer 1", "city": "Bonn", "price": Decimal("1.50")}
    }
    (link,) = store.known.values()
    assert (link.remote_id, link.record_id) == ("1", decision.record_id)


def test_the_same_bytes_are_recognised_without_decoding(store: Memory) -> None:
    store.run(source("1"))
    store.asked.clear()

    def refuse(raw: bytes) -> Any:
        pytest.fail("decoded")

    again = Record("1", source("1").raw, decode=refuse)

    assert store.outcomes(again) == [SAME]
    assert store.asked == ["links"]


def test_another_mapping_looks_at_the_same_bytes_again(store: Memory) -> None:
    store.run(source("1"))
    store.spec = make_spec(allow_update=False)

    assert store.outcomes(source("1")) == [("unchanged", "same_values")]


def test_changed_bytes_with_equal_values_change_nothing(store: Memory) -> None:
    store.run(source("1", price=Decimal("1.50")))

    (decision,) = store.run(source("1", price=Decimal("1.5"), unmapped="x"))

    assert (decision.outcome, decision.code) == (Outcome.UNCHANGED, Code.SAME_VALUES)
    assert decision.change is None
    assert store.outcomes(source("1", price=Decimal("1.5"), unmapped="x")) == [SAME]


def test_an_update_holds_only_what_differs(store: Memory) -> None:
    store.run(source("1", city="Bonn", price=1, tags=["a"]))

    (decision,) = store.run(source("1", city="Köln", price=1, tags=["a"]))

    assert (decision.outcome, decision.code) == (Outcome.UPDATED, Code.CHANGED)
    assert decision.change is not None
    assert decision.change.values == {"city": "Köln"}


def test_absent_null_and_blank_are_three_things(store: Memory) -> None:
    store.run(source("1", city="Bonn"))

    assert store.outcomes(source("1")) == [("unchanged", "same_values")]
    assert store.values()["1"]["city"] == "Bonn"
    assert store.outcomes(source("1", city=None)) == [("updated", "changed")]
    assert store.values()["1"]["city"] is None
    assert store.outcomes(source("1", city="")) == [("updated", "changed")]
    assert store.values()["1"]["city"] == ""


def test_null_for_a_field_that_was_never_set_changes_nothing(store: Memory) -> None:
    store.run(source("1"))

    assert store.outcomes(source("1", city=None)) == [("unchanged", "same_values")]


@every(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        ([1], [True]),
        ({"a": 0}, {"a": False}),
        ("1", 1),
        ("", None),
        ([], None),
        ({}, []),
        ([1, 2], [1]),
        ({"a": 1}, {"b": 1}),
        ({"a": [1]}, {"a": 1}),
    ],
)
def test_values_that_differ(one: Any, other: Any) -> None:
    assert not options.same(one, other)
    assert not options.same(other, one)


@every(
    ("one", "other"),
    [
        (Decimal("1.50"), Decimal("1.5")),
        (1, Decimal("1.0")),
        (Decimal("1E+3"), 1000),
        ({"a": Decimal("2.0"), "b": [1]}, {"b": [Decimal(1)], "a": 2}),
        (True, True),
        (None, None),
    ],
)
def test_values_that_are_equal(one: Any, other: Any) -> None:
    assert options.same(one, other)
    assert options.same(other, one)


def test_a_record_that_is_here_already_is_matched_by_key(store: Memory) -> None:
    mine = store.add("1", name="Old", city="Bonn")

    (decision,) = store.run(source("1"))

    assert (decision.outcome, decision.code) == (Outcome.UPDATED, Code.MATCHED)
    assert decision.record_id == mine.id
    assert store.values()["1"]["city"] == "Bonn"


def test_a_matched_record_with_equal_values_is_linked(store: Memory) -> None:
    mine = store.add("1", name="Customer 1")

    assert store.outcomes(source("1")) == [("unchanged", "matched")]
    assert [link.record_id for link in store.known.values()] == [mine.id]


def test_a_renamed_record_keeps_its_identity(store: Memory) -> None:
    store.run(source("1", remote_id="r"))

    (decision,) = store.run(source("2", remote_id="r"))

    assert decision.change is not None
    assert decision.change.new_key == "2"
    assert list(store.values()) == ["2"]


def test_a_record_cannot_take_the_key_of_another(store: Memory) -> None:
    store.run(source("1", remote_id="a"), source("2", remote_id="b"))

    (decision,) = store.run(source("2", remote_id="a"))

    assert (decision.outcome, decision.code) == (Outcome.CONFLICT, Code.KEY_LINKED_ELSEWHERE)
    assert decision.verdict is not None
    assert "“2”" in decision.verdict.message
    assert sorted(store.values()) == ["1", "2"]


def test_a_key_that_is_linked_elsewhere_is_a_conflict(store: Memory) -> None:
    store.run(source("1", remote_id="a"))

    (decision,) = store.run(source("1", remote_id="b"))

    assert (decision.outcome, decision.code) == (Outcome.CONFLICT, Code.KEY_LINKED_ELSEWHERE)
    assert decision.verdict is not None
    assert "“a”" in decision.verdict.message
    assert decision.record_id is None


def test_a_record_made_anew_there_takes_the_place_of_the_deleted_one(store: Memory) -> None:
    store.run(source("1", remote_id="a"))
    store.run(tombstone("a"))

    (decision,) = store.run(source("1", remote_id="b", city="Bonn"))

    assert (decision.outcome, decision.code) == (Outcome.UPDATED, Code.MATCHED)
    assert {link.remote_id: link.record_id for link in store.known.values()} == {
        "a": None,
        "b": decision.record_id,
    }


def test_two_halves_of_a_link_meet(store: Memory) -> None:
    mine = store.add("1", name="Customer 1")
    half = store.link(None, mine.id)
    other = store.link("r", None)

    (decision,) = store.run(source("1", remote_id="r"))

    assert decision.half == half.id
    assert list(store.known) == [half.id]
    assert other.id not in store.known


def test_a_sibling_pair_knows_the_record_by_another_key(store: Memory) -> None:
    mine = store.add("A", name="Ada")
    store.sibling_links["r"] = mine.id

    (decision,) = store.run(source("B", remote_id="r"))

    assert decision.record_id == mine.id
    assert list(store.values()) == ["B"]


def test_two_source_records_cannot_claim_one_record(store: Memory) -> None:
    mine = store.add("A", name="Ada")
    store.sibling_links |= {"r": mine.id, "s": mine.id}

    outcomes = store.outcomes(source("B", remote_id="r"), source("C", remote_id="s"))

    assert outcomes == [("updated", "matched"), ("conflict", "key_linked_elsewhere")]


def test_the_last_of_two_with_one_id_counts(store: Memory) -> None:
    outcomes = store.outcomes(source("1", city="Bonn"), source("1", city="Köln"))

    assert outcomes == [("skipped", "superseded"), NEW]
    assert store.values()["1"]["city"] == "Köln"


def test_the_last_of_two_with_one_key_counts(store: Memory) -> None:
    outcomes = store.outcomes(source("1", remote_id="a"), source("1", remote_id="b"))

    assert outcomes == [("skipped", "superseded"), NEW]
    assert {link.remote_id: link.record_id is None for link in store.known.values()} == {
        "a": True,
        "b": False,
    }


def test_a_refused_record_does_not_push_a_good_one_out(store: Memory) -> None:
    outcomes = store.outcomes(
        source("1", remote_id="a"), source("1", remote_id="b", price="expensive")
    )

    assert outcomes == [NEW, ("rejected", "wrong_type")]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (Record("1", b'{"number": "1"'), "undecodable"),
        (Record("1", b"[1]"), "undecodable"),
        (source("1", price="expensive"), "wrong_type"),
        (source("1", name=None), "required_missing"),
        (source("1", name="x" * 41), "too_long"),
        (source("1", city="a\0b"), "unstorable"),
        (source(None, remote_id="r"), "empty_key"),
        (source("x" * 513, remote_id="r"), "key_too_long"),
        (source("1", remote_id=None), "no_remote_id"),
        (source("1", remote_id="r" * 513), "key_too_long"),
        (source("1", remote_id="r\0"), "unstorable"),
    ],
)
def test_a_record_that_cannot_be_stored_is_rejected(
    store: Memory, record: Record, code: str
) -> None:
    outcomes = store.outcomes(source("0"), record, source("2"))

    assert outcomes == [NEW, ("rejected", code), NEW]
    assert sorted(store.values()) == ["0", "2"]


def test_a_rejected_record_is_looked_at_again(store: Memory) -> None:
    bad = source("1", price="expensive")

    assert store.outcomes(bad) == store.outcomes(bad) == [("rejected", "wrong_type")]


def test_a_rejection_names_the_key_if_it_is_known(store: Memory) -> None:
    (early,) = store.run(source("1", remote_id="r", price="expensive"))
    store.run(source("2", remote_id="s"))
    (linked,) = store.run(Record("s", b"nothing"))

    assert (early.key, linked.key) == ("1", "2")


def test_a_mapping_that_breaks_costs_one_record(store: Memory) -> None:
    def breaks(_values: Any, _around: Any = None, /) -> Any:
        raise ZeroDivisionError

    store.spec = replace(store.spec, map=breaks)

    (decision,) = store.run(source("1"))

    assert (decision.outcome, decision.code) == (Outcome.REJECTED, Code.UNDECODABLE)
    assert decision.verdict is not None
    assert "ZeroDivisionError" in decision.verdict.message


def test_a_new_record_needs_fields_that_are_not_mapped(store: Memory) -> None:
    rows = [row for row in make_spec().rows if row.target.name != "name"]
    unmapped = [
        {"target": row.target.name, "kind": "field", "source": row.source, "value": None}
        for row in rows
    ]
    store.spec = make_spec(rows=unmapped)
    store.add("2", name="Known")

    assert store.outcomes(source("1"), source("2", city="Bonn")) == [
        ("rejected", "required_missing"),
        ("updated", "matched"),
    ]


def test_creating_and_updating_can_be_switched_off(store: Memory) -> None:
    store.spec = make_spec(allow_create=False, allow_update=False)
    mine = store.add("1", name="Old")

    assert store.outcomes(source("1"), source("2")) == [
        ("skipped", "update_off"),
        ("skipped", "create_off"),
    ]
    assert store.values() == {"1": mine.values}
    assert {link.record_id for link in store.known.values()} == {mine.id, None}


def test_a_deleted_source_record_is_kept_here(store: Memory) -> None:
    store.run(source("1"))

    assert store.outcomes(tombstone("1")) == [("skipped", "removed_there")]
    assert list(store.values()) == ["1"]
    assert [link.dead for link in store.known.values()] == [True]


def test_a_deleted_source_record_is_deleted_here(store: Memory) -> None:
    store.spec = make_spec(deletes="delete")
    store.run(source("1"))

    (decision,) = store.run(tombstone("1"))

    assert (decision.outcome, decision.code) == (Outcome.DELETED, Code.REMOVED)
    assert decision.change is not None
    assert decision.change.op is ChangeOp.DELETE
    assert decision.key == "1"
    assert store.values() == {}
    assert store.outcomes(tombstone("1")) == [("unchanged", "removed")]


def test_a_tombstone_of_a_stranger_leaves_no_link(store: Memory) -> None:
    store.spec = make_spec(deletes="delete")

    assert store.outcomes(tombstone("9")) == [("skipped", "removed_there")]
    assert store.known == {}


def test_a_record_that_comes_back_is_resurrected(store: Memory) -> None:
    store.spec = make_spec(deletes="delete")
    store.run(source("1", city="Bonn"))
    store.run(tombstone("1"))

    assert store.outcomes(source("1")) == [("created", "resurrected")]
    assert store.values()["1"] == {"number": "1", "name": "Customer 1"}
    assert [link.dead for link in store.known.values()] == [False]


def test_a_record_that_comes_back_under_a_new_key_is_resurrected(store: Memory) -> None:
    store.spec = make_spec(deletes="delete")
    store.run(source("1", remote_id="r"))
    store.run(tombstone("r"))

    assert store.outcomes(source("2", remote_id="r")) == [("created", "resurrected")]
    assert list(store.values()) == ["2"]


def test_a_record_deleted_by_hand_stays_deleted_if_creating_is_off(store: Memory) -> None:
    store.run(source("1"))
    (mine,) = store.records.values()
    store.records[mine.id] = mine._replace(deleted=True)
    store.spec = make_spec(allow_create=False)

    assert store.outcomes(source("1")) == [("skipped", "create_off")]
    assert store.values() == {}


def test_a_unique_value_belongs_to_one_record(store: Memory) -> None:
    store.run(source("1", vat="DE1"))

    (decision,) = store.run(source("2", vat="DE1"))

    assert (decision.outcome, decision.code) == (Outcome.REJECTED, Code.NOT_UNIQUE)
    assert decision.verdict is not None
    assert decision.verdict.field == "vat"
    assert decision.record_id is None


class TestMatchedByAnotherField:
    """Existing records are found by a unique field that is not the object's key."""

    @pytest.fixture
    def store(self) -> Memory:
        return Memory(make_spec(primary_key="vat"))

    def test_a_record_is_found_by_it(self, store: Memory) -> None:
        mine = store.add("1", name="Old", vat="DE1")

        (decision,) = store.run(source("1", vat="DE1"))

        assert (decision.outcome, decision.record_id) == (Outcome.UPDATED, mine.id)

    def test_the_key_may_belong_to_another(self, store: Memory) -> None:
        store.add("1", name="Other", vat="DE9")

        assert store.outcomes(source("1", vat="DE1")) == [("conflict", "key_linked_elsewhere")]

    def test_two_new_records_may_not_share_a_key(self, store: Memory) -> None:
        outcomes = store.outcomes(
            source("1", remote_id="a", vat="DE1"), source("1", remote_id="b", vat="DE2")
        )

        assert outcomes == [NEW, ("conflict", "key_linked_elsewhere")]

    def test_a_deleted_record_of_that_key_comes_back(self, store: Memory) -> None:
        mine = store.add("1", name="Old", vat="DE9")
        store.records[mine.id] = mine._replace(deleted=True)

        assert store.outcomes(source("1", vat="DE1")) == [("created", "resurrected")]

    def test_a_new_record_needs_the_key_too(self, store: Memory) -> None:
        rows = [row for row in make_spec().rows if row.target.name != "number"]
        store.spec = make_spec(
            primary_key="vat",
            rows=[
                {
                    "target": row.target.name,
                    "kind": "field",
                    "source": row.source,
                    "value": None,
                }
                for row in rows
            ],
        )
        store.add("1", name="Old", vat="DE1")

        assert store.outcomes(source("1", vat="DE1"), source("2", vat="DE2")) == [
            ("updated", "matched"),
            ("rejected", "empty_key"),
        ]


def test_deciding_twice_is_the_same(store: Memory) -> None:
    store.run(source("1", remote_id="a"), source("2", remote_id="b"))
    page = [source("1", remote_id="a", city="Bonn"), source("2", remote_id="c"), tombstone("b")]

    def decide() -> list[Any]:
        with store.page():
            settled, incoming = diff.sift(store.spec, page, store.links(diff.usable_ids(page)))
            known = facts.gather(store.spec, incoming, store)
            return [settled, diff.decide(store.spec, incoming, known)]

    assert decide() == decide()
