"""Every template fits its objects: what it lacks is only what a tenant alone can know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import objects.services
from connections import publish, services, sides, templates
from connections.document import Kind, every, read_conditions, read_mappings
from connections.models import Connection, RemoteEntity
from connections.templates import objects as object_templates
from connections.templates.connectors import Side
from connections.templates.files import connector_files
from formulas.language import compile_formula
from objects.models import ConnectObject
from objects.shape import ObjectShape
from syncapp.errors import Invalid
from syncapp.tenants import actors
from syncapp.tenants.models import Tenant

SYSTEMS = ("rest", "demo_erp", "sap_b1", "salesforce", "acumatica", "shopware")
NAMES = [file.template.name for file in connector_files()]
MASTER = {"customers_inbound", "items_inbound"}
USE_CASES = {"work_order_completion", "time_export", "inventory_usage", "customer_updates"}


def adapted() -> Iterator[tuple[str, str]]:
    for name in NAMES:
        for system in SYSTEMS:
            if name in {one.name for one in templates.offered(system)}:
                yield name, system


def side_of(name: str, system: str) -> Side:
    template = templates.named(name)
    assert template is not None
    return templates.adapt(template, system)


@pytest.fixture
def all_objects(in_acme: Tenant) -> dict[str, ConnectObject]:
    types = [one.type for one in object_templates.offered(in_acme)]
    made = object_templates.make(in_acme, types, actor=actors.COMMAND)
    return {row.type: row for row in made}


def described(side: Side, tenant: Tenant) -> ObjectShape:
    """An entity that has just the fields that the template fills."""
    fields: dict[str, dict[str, Any]] = {}
    for row in read_mappings(side.rows):
        top, _, inner = row.target.partition(".")
        kind = "object" if inner else "list" if row.kind is Kind.LINES else "any"
        fields[top] = {"name": top, "type": kind}
    fields[side.primary_key]["type"] = "text"
    schema = {"fields": list(fields.values()), "key": [side.primary_key]}
    return sides.entity_shape(RemoteEntity(tenant=tenant, name=side.entity, schema=schema))


def test_every_template_compiles_against_its_objects(
    in_acme: Tenant, all_objects: dict[str, ConnectObject]
) -> None:
    problems: list[str] = []
    for number, (name, system) in enumerate(adapted()):
        side = side_of(name, system)
        connection = Connection(
            tenant=in_acme,
            name=f"{number}",
            direction=side.direction,
            system_type="rest",
            entity=side.entity,
            object=all_objects[side.object_type],
            primary_key=side.primary_key,
            mapping=side.rows,
            conditions=side.conditions,
            **side.options,
        )
        own = objects.services.load_shape(all_objects[side.object_type])
        filled = own if side.direction == "inbound" else described(side, in_acme)
        found = publish.gaps(connection, publish.enabled(connection), filled)
        problems += [f"{name} {system}: {gap.field}: {gap.message}" for gap in found
                     if gap.field != "config"]  # fmt: skip
        if side.direction == "outbound":
            problems += [f"{name} {system}: {text}" for text in unread(side, own)]

    assert problems == []


def unread(side: Side, own: ObjectShape) -> Iterator[str]:
    """List what is read of the object and is no field of it."""
    names = set(own.by_name)
    for row in read_mappings(side.rows):
        if row.source and row.source not in names:
            yield f"{row.target} reads {row.source}"
        for name in compile_formula(row.formula).fields if row.formula else ():
            inside = row.formula.count("map(") or row.formula.count("pluck(")
            if name not in names and not inside:
                yield f"{row.target} reads {name}"
    for condition in read_conditions(side.conditions).each():
        if condition.field not in names:
            yield f"a condition reads {condition.field}"


def test_a_draft_can_be_made_of_every_template(
    in_acme: Tenant, all_objects: dict[str, ConnectObject]
) -> None:
    for number, (name, system) in enumerate(adapted()):
        side = side_of(name, system)
        made = services.create(
            in_acme,
            direction=side.direction,
            name=f"{name} {number}",
            system_type="rest",
            actor=actors.COMMAND,
        )
        values = {
            "entity": side.entity,
            "object": all_objects[side.object_type],
            "primary_key": side.primary_key,
            "query_filter": side.query_filter,
            **side.options,
        }
        services.edit(
            made, values, mappings=side.rows, conditions=side.conditions, actor=actors.COMMAND
        )
        assert len(made.mapping or side.rows) == len(side.rows)


@pytest.mark.parametrize(("name", "system"), list(adapted()))
def test_formulas_bear_empty_records(name: str, system: str) -> None:
    for row in every(read_mappings(side_of(name, system).rows)):
        if row.formula:
            program = compile_formula(row.formula)
            if not program.lookups:
                program({})


def test_every_word_of_every_system_is_one_of_the_template() -> None:
    for file in connector_files():
        names = set()
        for row in file.connections[0].mapping:
            names |= {row.target, *(f"{row.target}.{inner.target}" for inner in row.rows)}
        for system, words in file.template.systems.items():
            assert words.mapping or set(words.fields) == names, (file.template.name, system)


def test_the_use_cases_and_master_data_are_offered() -> None:
    assert set(NAMES) == MASTER | USE_CASES
    for system in ("odata", "rest", "sap_b1", "salesforce", "acumatica"):
        assert {one.name for one in templates.offered(system)} == MASTER | USE_CASES
    assert {one.name for one in templates.offered("shopware")} == MASTER | {"customer_updates"}
    assert templates.offered("internal") == templates.offered("upload") == []
    by_name = {one.name: one for one in templates.offered("rest")}
    assert {by_name[name].direction for name in MASTER} == {"inbound"}
    assert {by_name[name].direction for name in USE_CASES} == {"outbound"}


def test_a_generic_system_gets_the_words_that_fit_it_best() -> None:
    template = templates.named("customers_inbound")
    assert template is not None
    sap = {"CardCode", "CardName", "Frozen", "EmailAddress", "E_Mail", "Address", "City"}
    demo = {"CardCode", "CardName", "Frozen", "EmailAddress", "BillTo", "VatId"}

    plain = templates.adapt(template, "odata")
    of_sap = templates.adapt(template, "odata", {"BusinessPartners": sap})
    of_demo = templates.adapt(template, "odata", {"BusinessPartners": demo})

    assert plain.entity == "customers"
    assert of_sap.query_filter == "CardType eq 'cCustomer'"
    assert of_demo.query_filter == "CardType eq 'Customer'"
    on = {row["target"]: row.get("enabled", True) for row in of_demo.rows}
    assert on["street"]
    assert not on["phone"]


def test_the_twenty_and_the_customer_are_there(
    in_acme: Tenant, all_objects: dict[str, ConnectObject]
) -> None:
    assert len(all_objects) == 21
    for row in all_objects.values():
        shape = objects.services.load_shape(row)
        assert shape.key is not None
        assert row.columns.exists()
    stock = objects.services.load_shape(all_objects["fsmpartinventory"])
    assert stock.by_name["quantity_available"].formula
    assert all(one.taken for one in object_templates.offered(in_acme))


def test_what_is_missing_is_told_or_made_along(in_acme: Tenant) -> None:
    lacking = object_templates.missing(in_acme, ["fsmproduct"])
    assert lacking == ["fsmproducttype"]
    with pytest.raises(Invalid) as caught:
        object_templates.make(in_acme, ["fsmproduct"], along=False, actor=actors.COMMAND)
    assert "fsmproducttype" in caught.value.fields["along"]

    made = object_templates.make(in_acme, ["fsmproduct"], actor=actors.COMMAND)

    assert [row.type for row in made] == ["fsmproduct", "fsmproducttype"]
    with pytest.raises(Invalid, match="not valid"):
        object_templates.make(in_acme, ["fsmproduct"], actor=actors.COMMAND)
    with pytest.raises(Invalid, match="not valid"):
        object_templates.make(in_acme, ["nope"], actor=actors.COMMAND)
