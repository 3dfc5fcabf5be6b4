"""Mappings of kind formula: what keeps them from running, what is published, form and API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connections import discovery, publish, services
from connections.kit.world import World
from connections.models import Connection
from formulas.services import maps
from syncapp.errors import Invalid
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant
from tests import making
from tests.integration.connections.test_api import CONNECTIONS, send
from tests.integration.sync.test_formulas import make_places
from tests.make import NOW

ROWS: list[dict[str, Any]] = [
    {"target": "code", "kind": "field", "source": "CardCode"},
    {"target": "name", "kind": "field", "source": "CardName"},
]


@pytest.fixture
def connection(acme: Tenant, world: World) -> Connection:
    return making.make_connection(acme)


def formula(text: str, target: str = "city", **more: Any) -> dict[str, Any]:
    return {"target": target, "kind": "formula", "formula": text, **more}


def edited(connection: Connection, *rows: dict[str, Any]) -> Connection:
    return services.edit(connection, {}, mappings=[*ROWS, *rows], actor=COMMAND)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "city: Write a formula."),
        ("concat('a',\n  cocnat('b'))", "Did you mean concat? (line 2, column 3)"),
        ("upper()", "(line 1, column 1)"),
        ("concat(", "city: "),
        ("vlookup('a', 'nope', 'code', 'name')", "There is no connect object “nope”."),
        ("vlookup('a', 'partner', 'nope', 'name')", "“partner” has no field “nope”."),
        ("textvlookup('a', 'partner', 'code', 'nope')", "“partner” has no field “nope”."),
        ("textvlookuplike('a', 'partner', 'nope', 'code')", "“partner” has no field “nope”."),
        ("get_entity_data('nope', [])", "There is no connect object “nope”."),
        ("translatemap('nope', 'a')", "There is no value map “nope”. (line 1, column 1)"),
    ],
)
def test_a_formula_that_cannot_run_is_refused_at_its_row(
    in_acme: Tenant, world: World, text: str, message: str
) -> None:
    connection = making.make_connection(in_acme)

    with pytest.raises(Invalid) as refused:
        edited(connection, formula(text))

    assert message in refused.value.fields["mappings.2"]
    edited(connection, formula(text, enabled=False))


def test_what_has_gone_since_keeps_a_draft_from_being_published(
    in_acme: Tenant, world: World
) -> None:
    connection = making.make_connection(in_acme)
    terms = maps.create_map(tenant=in_acme, name="terms", actor=COMMAND)
    edited(connection, formula("translatemap('terms', 'a')"))
    terms.delete()

    with pytest.raises(Invalid) as refused:
        publish.publish(connection, actor=COMMAND, now=NOW)

    assert "There is no value map “terms”." in refused.value.fields["mappings"]


def test_names_that_are_worked_out_are_left_to_the_run(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)

    edited(connection, formula("textvlookup('a', data('o'), data('f'), data('r'))"))

    assert publish.publish(connection, actor=COMMAND, now=NOW).number == 1


def test_what_the_key_is_made_of_must_stay(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)
    rows = [formula("concat('C', sequence('c'))", "code"), ROWS[1]]
    services.edit(connection, {}, mappings=rows, actor=COMMAND)

    with pytest.raises(Invalid) as refused:
        publish.publish(connection, actor=COMMAND, now=NOW)

    assert "must always give the same" in refused.value.fields["mappings"]


def test_a_broken_key_formula_is_told_once(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)
    broken = {"target": "code", "kind": "formula", "formula": "nope()"}
    connection.mapping = [broken, *connection.mapping[1:]]

    found = [gap.message for gap in services.gaps_of(connection)]

    assert len(found) == 1
    assert "There is no function “nope”" in found[0]
    assert services.warnings_of(connection)[1:] == []


def test_the_document_has_the_formula_and_the_lineage_its_fields(
    in_acme: Tenant, world: World
) -> None:
    connection = making.make_connection(in_acme)
    edited(
        connection,
        formula("concat(data('b'), data('a'))"),
        formula("data(data('which'))", "vat"),
    )

    version = publish.publish(connection, actor=COMMAND, now=NOW)

    assert version.spec["rows"][2]["formula"] == "concat(data('b'), data('a'))"
    assert not any("formula" in row for row in version.spec["rows"][:2])
    assert [row["reads"] for row in version.reads] == ["CardCode", "CardName", "a", "b", "*"]
    assert not services.draft_differs(connection.__class__.objects.get(pk=connection.pk))


def test_a_field_that_the_source_does_not_show_is_a_warning(acme: Tenant, world: World) -> None:
    connection = making.make_connection(acme)
    assert connection.config is not None
    discovery.discover(connection.config, now=lambda: NOW)
    with door.tenant(acme.pk):
        connection = edited(
            connection, formula("concat(data('CardName'), data('cardcode'), data('Nope.x'))")
        )
        _, *warnings = services.warnings_of(connection)

    assert warnings == [
        "city: “BusinessPartners” has no field “cardcode”, but “CardCode” (line 1, column 31).",
        "city: “BusinessPartners” has no field “Nope.x” (line 1, column 49).",
    ]


def test_values_that_cannot_be_searched_keep_a_lookup_from_being_published(
    acme: Tenant, world: World
) -> None:
    places = make_places(acme, **{"z" + "9" * 600: "Far"})
    connection = making.make_connection(acme)
    with door.tenant(acme.pk):
        connection = edited(connection, formula("vlookup('Zip', 'place', 'zip', 'town')"))
        with pytest.raises(Invalid) as refused:
            publish.publish(connection, actor=COMMAND, now=NOW)
        assert places.fields.get(name="zip").indexed == "none"

    assert "place.zip cannot be looked up" in refused.value.fields["mappings"]


def test_rest_clients_read_and_write_formulas(acme: Tenant, api: Client, world: World) -> None:
    one = f"{CONNECTIONS}{making.make_connection(acme).pk}/"
    rows = [*ROWS, formula(" upper(data('a'))\n")]

    changed = send(api, "PATCH", one, {"mappings": rows})
    refused = send(api, "PATCH", one, {"mappings": [*ROWS, formula("nope()")]})

    assert changed.json()["mappings"][2]["formula"] == " upper(data('a'))\n"
    assert refused.status_code == 422
    assert "There is no function" in refused.json()["fields"]["mappings.2"]
