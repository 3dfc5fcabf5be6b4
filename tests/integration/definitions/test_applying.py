"""A file is applied as a whole or not at all, deletes nothing and publishes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import objects.services
from connections import services
from connections.definitions.applying import apply
from connections.definitions.comparing import State, diff
from connections.definitions.exporting import export
from connections.definitions.places import WrongFile
from connections.definitions.schema import read
from connections.models import Connection, ConnectionConfig, Connector
from formulas.models import ValueMap
from formulas.services import maps
from objects.models import ConnectField, ConnectObject
from objects.records.changes import Origin, Source
from objects.services import records
from syncapp.errors import NotAllowed
from syncapp.tenants import actors, door
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import AuditEntry, Tenant
from tests import making
from tests.integration.definitions.test_round_trip import EVERYTHING

NOW = datetime(2026, 11, 21, tzinfo=UTC)
HEAD = "syncapp: 1\nmaps:\n  - name: first\n"
WRONG: tuple[tuple[str, str], ...] = (
    (
        "connections:\n  - {name: A, direction: inbound, system_type: rest, config: nope}",
        "Line 5, connections.0.config: There is no config “nope”, neither here nor in the file.",
    ),
    (
        "objects:\n  - type: a\n    name: A\n    fields:\n"
        "      - {name: r, type: reference, reference: nope}",
        "Line 8, objects.0.fields.0.reference: There is no connect object “nope”",
    ),
    ("objects:\n  - {type: a, name: A, parent: nope}", "objects.0.parent: There is no connect"),
    ("sets:\n  - {name: A, connectors: [nope]}", "sets.0.connectors.0: There is no connector"),
    (
        "objects:\n  - {type: a, name: A, columns: [{field: nope}]}",
        "objects.0.columns.0.field: The object has no field “nope”.",
    ),
    (
        "configs:\n  - {name: C, system_type: nope}",
        "configs.0.system_type: There is no kind of",
    ),
    (
        "configs:\n  - {name: C, system_type: odata, settings: {password: x}}",
        "configs.0.settings.password:",
    ),
    ("objects:\n  - {type: A B, name: A}", "objects.0.type: Lower-case letters"),
    (
        "objects:\n  - type: a\n    name: A\n    fields:\n      - {name: x, type: integer, default: y}",
        "objects.0.fields.0.default:",
    ),
    (
        "objects:\n  - type: a\n    name: A\n    fields:\n      - {name: x, formula: data('y')}",
        "objects.0.fields.0.formula: There is no field “y” in this object.",
    ),
    (
        "objects:\n  - {type: a, name: A}\nconnections:\n  - name: A\n    direction: inbound\n"
        "    system_type: rest\n    object: a\n    mapping:\n      - {target: gone, source: x}",
        "Line 12, connections.0.mapping.0: “A” has no field “gone”.",
    ),
)


@pytest.fixture
def filled(in_acme: Tenant) -> Tenant:
    apply(in_acme, read(EVERYTHING), actor=actors.COMMAND)
    return in_acme


@pytest.mark.parametrize(("text", "says"), WRONG, ids=[says[:40] for _, says in WRONG])
def test_nothing_is_half_applied(in_acme: Tenant, text: str, says: str) -> None:
    before = AuditEntry.objects.for_tenant(in_acme).count()

    with pytest.raises(WrongFile) as caught:
        apply(in_acme, read(HEAD + text), actor=actors.COMMAND)

    assert says in caught.value.message
    for model in (ValueMap, ConnectObject, ConnectionConfig, Connection, Connector):
        assert not model.objects.for_tenant(in_acme).exists()
    assert AuditEntry.objects.for_tenant(in_acme).count() == before


def test_names_of_another_tenant_are_foreign(acme: Tenant, globex: Tenant) -> None:
    with door.tenant(acme.pk):
        apply(acme, read(EVERYTHING), actor=actors.COMMAND)
    text = "syncapp: 1\nobjects:\n  - {type: a, name: A, parent: order}"

    with door.tenant(globex.pk), pytest.raises(WrongFile, match="no connect object “order”"):
        apply(globex, read(text), actor=actors.COMMAND)


def test_what_is_only_here_stays(filled: Tenant) -> None:
    text = (
        "syncapp: 1\nobjects:\n  - type: order\n    name: Orders\n    fields:\n"
        "      - {name: number, is_key: true, label: No.}\n"
        "      - {name: more, type: integer}\n"
        "maps:\n  - name: terms\n    entries: {'1': now, '2': later}\n"
    )

    changes = diff(filled, read(text))
    apply(filled, read(text), actor=actors.COMMAND)

    states = {change.key: change for change in changes.each}
    assert states["line"].state is State.ONLY_HERE
    assert "fields.total" in states["order"].kept
    assert states["terms"].kept == ("entries.a.b",)
    told = {one.field: (one.before, one.after) for one in states["order"].differences}
    assert told["fields.number.label"] == ("Number", "No.")
    assert told["fields.more"] == (None, {"label": "More", "type": "integer"})
    fields = ConnectField.objects.for_tenant(filled).filter(object__type="order")
    assert set(fields.values_list("name", flat=True)) >= {"number", "total", "double", "more"}
    row = ValueMap.objects.for_tenant(filled).get(name="terms")
    assert maps.entries_of(row) == {"1": "now", "2": "later", "a.b": "yes"}


def test_records_that_do_not_fit_are_told_at_the_field(filled: Tenant) -> None:
    whole = ConnectObject.objects.for_tenant(filled).get(type="order")
    shape = objects.services.load_shape(whole)
    records.create_record(
        shape, {"number": "1", "total": "1.25"}, source=Source(Origin.USER), now=NOW
    )
    text = EVERYTHING.replace("scale: 2", "scale: 1").replace("default: 1.50", "default: 1.5")

    with pytest.raises(
        WrongFile, match=r"Line 16, objects\.0\.fields\.1: Stored records do not"
    ):
        apply(filled, read(text), actor=actors.COMMAND)


def test_what_runs_goes_on_as_it_was_published(acme: Tenant) -> None:
    making.make_world()
    connection = making.make_connection(acme, active=True)
    with door.tenant(acme.pk):
        text = export(acme).replace("source: CardName", "source: OtherName")
        applied = apply(acme, read(text), actor=actors.COMMAND)
        connection.refresh_from_db()

        assert applied.changes.counts["changed"] == 1
        assert connection.active
        assert services.draft_differs(connection)
        assert connection.live_version is not None
        live = connection.live_version.spec["rows"]
        rows = {row["target"]: row.get("source") for row in live}
        assert rows["name"] == "CardName"


def test_everything_is_audited_and_permitted(in_acme: Tenant) -> None:
    lame = Actor("ada", holds=frozenset({"definitions.import", "value_maps.create"}))

    with pytest.raises(NotAllowed, match=r"connector_sets\.create"):
        apply(in_acme, read(EVERYTHING), actor=lame)
    apply(in_acme, read(HEAD), actor=lame)
    apply(in_acme, read(EVERYTHING), actor=actors.COMMAND)

    entries = AuditEntry.objects.for_tenant(in_acme)
    kinds = set(entries.values_list("kind", flat=True))
    assert kinds >= {"connection config", "connect object", "connect field", "value map",
                     "connection", "connector", "connector set"}  # fmt: skip


def test_the_type_of_a_config_stays(filled: Tenant) -> None:
    text = 'syncapp: 1\nconfigs:\n  - {name: "[TEST] ERP", system_type: internal}\n'

    with pytest.raises(WrongFile, match="The config here is of type odata, which stays"):
        apply(filled, read(text), actor=actors.COMMAND)
