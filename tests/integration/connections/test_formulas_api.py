"""Formulas through the REST API: what one gives, and who may ask."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connections.kit.base import ErrorKind, RemoteError
from connections.kit.world import Fault, World
from objects.records.changes import Origin, Source
from objects.services import load_shape, records
from syncapp import canonical
from syncapp.tenants import door, permissions
from syncapp.tenants.models import Tenant
from tests import make, making

EVALUATE = "/api/v1/formulas/evaluate/"


def ask(client: Client, formula: object, **more: Any) -> Any:
    body = canonical.dumps({"formula": formula, **more})
    return client.post(EVALUATE, body, content_type="application/json")


def answer(client: Client, formula: str, **more: Any) -> Any:
    """The answer, numbers exact."""
    response = ask(client, formula, **more)
    assert response.status_code == 200, response.content
    return canonical.loads(response.content)


@pytest.fixture
def record(acme: Tenant) -> int:
    """A stored partner of acme."""
    return make_record(acme)


def make_record(tenant: Tenant, key: str = "C7", name: str = "Parts & Co") -> int:
    target = making.make_object(tenant)
    with door.tenant(tenant.pk):
        values = {"code": key, "name": name, "credit": "12.50"}
        source = Source(Origin.USER, None)
        return records.create_record(load_shape(target), values, source=source, now=make.NOW).id


def test_a_value_comes_with_its_kind_and_what_was_read(api: Client) -> None:
    told = answer(
        api, "concat(data('a'), '-', data('b.c'))", record={"a": "x", "b": {"c": "y"}}
    )

    assert (told["value"], told["kind"], told["shown"]) == ("x-y", "text", "x-y")
    assert told["error"] is None
    assert [one["name"] for one in told["fields"]] == ["a", "b.c"]
    assert told["fields"][0] | {"name": ""} == {"name": "", "start": 12, "end": 15}
    assert "steps" not in told


def test_numbers_stay_exact(api: Client) -> None:
    response = ask(api, "data('n') + 0.2", record={"n": 0.1})

    assert b'"value":0.3,' in response.content


def test_a_date_is_meant_in_the_tenants_zone(api: Client, acme: Tenant) -> None:
    with door.platform():
        acme.time_zone = "Europe/Berlin"
        acme.save(update_fields=["time_zone"])

    assert answer(api, "todatetime('2026-07-01 12:00')")["value"] == "2026-07-01T12:00:00+02:00"


def test_every_part_is_explained(api: Client) -> None:
    told = answer(api, "upper(left(data('a'), 1))", record={"a": "ab"}, explain=True)

    parts = {step["text"]: step["value"] for step in told["steps"]}
    assert parts["left(data('a'), 1)"] == "a"
    assert parts["upper(left(data('a'), 1))"] == "A"


def test_a_large_part_is_left_out(api: Client) -> None:
    told = answer(api, "length(repeat('x', 20000))", explain=True)

    part = next(step for step in told["steps"] if step["text"].startswith("repeat"))
    assert (part["value"], part["shown"]) == (None, "large text")
    assert told["value"] == 20000


def test_a_wrong_formula_is_an_answer(api: Client) -> None:
    told = answer(api, "concat('a',\n  uper('b'))", explain=True)

    assert told["value"] is told["kind"] is None
    assert told["error"] == {
        "kind": "unknown_name",
        "message": told["error"]["message"],
        "line": 2,
        "column": 3,
        "start": 14,
        "end": 18,
        "suggestion": "upper",
        "caret": "  uper('b'))\n  ^^^^",
    }
    assert told["steps"] == []


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("", "syntax"),
        ("1 +", "syntax"),
        ("upper()", "arity"),
        ("'a' * 2", "type"),
        ("1 / 0", "value"),
        ("fail('no')", "rejected"),
        ("skip('later')", "skipped"),
        ("x" * 1_000_000, "limit"),
        ("padleft('x', 1000000000)", "limit"),
        ("'a\0b'", "syntax"),
    ],
)
def test_every_kind_of_error_is_told(api: Client, formula: str, kind: str) -> None:
    assert answer(api, formula)["error"]["kind"] == kind


def test_a_stored_record_is_evaluated(api: Client, record: int) -> None:
    told = answer(api, "concat(data('code'), ': ', data('credit'))", record_id=record)

    assert told["value"] == "C7: 12.50"
    assert told["record"]["name"] == "Parts & Co"


def test_other_records_are_looked_up(api: Client, record: int, globex: Tenant) -> None:
    make_record(globex, "G1", "Globex's own")
    formula = "textvlookup(data('k'), 'partner', 'code', 'name')"

    assert answer(api, formula, record={"k": "C7"})["value"] == "Parts & Co"
    told = answer(api, formula, record={"k": "G1"}, explain=True)
    assert (told["value"], told["kind"]) == (None, "null")
    assert told["lookups"][0] | {"start": 0, "end": 0} == {
        "function": "textvlookup",
        "object": "partner",
        "field": "code",
        "returns": "name",
        "start": 0,
        "end": 0,
    }
    blind = make.client_of(globex, codes=["inbound.view"])
    assert "records.view" in answer(blind, formula, record={"k": "G1"})["error"]["message"]


def test_another_tenants_record_is_not_there(api: Client, globex: Tenant) -> None:
    foreign = make_record(globex)

    assert ask(api, "data('name')", record_id=foreign).status_code == 404


def test_a_sequence_is_not_spent_by_trying(api: Client) -> None:
    formula = "sequence('invoice')"

    assert [answer(api, formula)["value"] for _ in range(2)] == [1, 1]


def test_a_connections_source_gives_the_record(api: Client, acme: Tenant, world: World) -> None:
    connection = making.make_connection(acme)

    told = answer(
        api, "concat(data('CardCode'), ' ', connection('name'))", connection=connection.pk
    )

    assert told["value"] == "C0 Partners"
    assert told["record"]["CardName"] == "Partner 0"


def test_a_sources_trouble_is_told(api: Client, acme: Tenant, world: World) -> None:
    connection = making.make_connection(acme)
    error = RemoteError(ErrorKind.AUTH, "The password is wrong.")
    world.faults.append(Fault("read", error=error))

    told = ask(api, "1", connection=connection.pk)

    assert told.status_code == 502
    assert told.json()["detail"] == "The password is wrong."


def test_an_unfinished_or_foreign_connection_gives_no_record(
    api: Client, acme: Tenant, globex: Tenant, world: World
) -> None:
    foreign = making.make_connection(globex)
    unfinished = making.make_connection(acme, entity="")

    assert ask(api, "1", connection=foreign.pk).status_code == 404
    assert ask(api, "1", connection=unfinished.pk).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "formula"),
        ({"formula": 5}, "formula"),
        ({"formula": None}, "formula"),
        ({"formula": "1", "record": "text"}, "record"),
        ({"formula": "1", "record": ["list"]}, "record"),
        ({"formula": "1", "record_id": "x"}, "record_id"),
        ({"formula": "1", "record_id": 10**30}, "record_id"),
        ({"formula": "1", "connection": 10**30}, "connection"),
        ({"formula": "1", "record": {"a": "x" * 1_000_001}}, "record"),
    ],
)
def test_a_malformed_body_is_a_problem(api: Client, body: Any, field: str) -> None:
    response = api.post(EVALUATE, canonical.dumps(body), content_type="application/json")

    assert response.status_code == 400, response.content
    assert field in response.json()["fields"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"formula": "\\ud800"}', b"\xff"])
def test_what_is_no_json_is_a_problem(api: Client, body: bytes) -> None:
    response = api.post(EVALUATE, body, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["code"] in {"invalid", "parse_error"}


def test_one_record_at_most(api: Client) -> None:
    assert ask(api, "1", record={}, record_id=1).status_code == 400


def test_a_reader_of_connections_evaluates_but_does_not_reach_further(
    acme: Tenant, record: int, world: World
) -> None:
    connection = making.make_connection(acme, object_=making.make_object(acme, "other"))
    reader = make.client_of(acme, codes=["inbound.view"])

    assert answer(reader, "1 + 1")["value"] == 2
    assert ask(reader, "1", record_id=record).status_code == 403
    assert ask(reader, "1", connection=connection.pk).status_code == 403
    looking = make.client_of(acme, codes=permissions.READING)
    assert answer(looking, "data('code')", record_id=record)["value"] == "C7"
    assert ask(make.client_of(acme, codes=["records.view"]), "1").status_code == 403
