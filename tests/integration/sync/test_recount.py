"""How many stored records an outbound draft would send otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connections import discovery, publish, services
from connections.models import Connection, RemoteEntity
from objects.records.changes import Origin, Source
from objects.services import load_shape, records
from syncapp.errors import Invalid, SyncAppError
from syncapp.sync import recount
from syncapp.sync.recount import Count
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant
from tests import making
from tests.make import NOW

ROWS: tuple[dict[str, Any], ...] = (
    {"target": "CardCode", "source": "code"},
    {"target": "CardName", "source": "name"},
)


@pytest.fixture
def connection(acme: Tenant) -> Connection:
    """An outbound connection that was published, and 700 partners to send."""
    making.make_world()
    config, store = making.make_config(acme), making.make_object(acme)
    discovery.discover(config, now=lambda: NOW)
    with door.tenant(acme.pk):
        shape = load_shape(store)
        for number in range(700):
            values = {"code": f"C{number:03}", "name": f"Partner {number}"}
            records.create_record(shape, values, source=Source(Origin.USER, None), now=NOW)
        made = services.create(
            acme, direction="outbound", name="Send", system_type="sandbox", actor=COMMAND
        )
        draft = {
            "config": config,
            "object": store,
            "entity": making.ENTITY,
            "primary_key": "CardCode",
        }
        made = services.edit(made, draft, mappings=ROWS, actor=COMMAND)
        publish.publish(made, actor=COMMAND, now=NOW)
    return made


def edit(connection: Connection, **changes: Any) -> None:
    with door.tenant(connection.tenant_id):
        row = Connection.objects.get(pk=connection.pk)
        services.edit(row, {}, actor=COMMAND, **changes)


def count(connection: Connection) -> Count:
    with door.tenant(connection.tenant_id):
        row = Connection.objects.select_related("tenant", "live_version").get(pk=connection.pk)
        return recount.go_on(row, Count(), now=NOW, seconds=60)


def test_every_stored_record_is_counted(connection: Connection) -> None:
    formula = "if(endswith(data('code'), '7'), upper(data('name')), data('name'))"
    edit(
        connection,
        mappings=[ROWS[0], {"target": "CardName", "kind": "formula", "formula": formula}],
    )

    assert count(connection) == Count(tried=700, changed=70, after=None)


def test_an_unchanged_draft_changes_nothing(connection: Connection) -> None:
    assert count(connection) == Count(tried=700, after=None)


def test_conditions_add_and_drop(connection: Connection) -> None:
    fails = {"target": "CardName", "kind": "formula", "formula": "fail('never')"}
    less = {"rows": [{"field": "code", "operator": "less", "value": "C100"}]}

    edit(connection, conditions=less)
    assert count(connection) == Count(tried=700, dropped=600, after=None)

    edit(connection, mappings=[ROWS[0], fails], conditions={})
    assert count(connection) == Count(tried=700, dropped=700, after=None)


def test_a_count_goes_on_where_the_last_request_ended(
    alices: Client, connection: Connection
) -> None:
    edit(connection, mappings=[ROWS[0], {"target": "CardName", "source": "code"}])
    address = f"/t/acme/outbound/{connection.pk}/impact/"

    whole = alices.get(address).content.decode()
    rest = alices.get(f"{address}?tried=500&changed=500&added=0&dropped=0&after=C499")
    wrong = alices.get(f"{address}?tried=-1&after=%00").content.decode()

    for page in (whole, rest.content.decode(), wrong):
        assert "700 of 700 records would be sent with other values." in page
    assert "Counted, not estimated" in whole


def test_a_budget_of_time_is_kept(connection: Connection) -> None:
    with door.tenant(connection.tenant_id):
        row = Connection.objects.select_related("tenant", "live_version").get(pk=connection.pk)
        assert recount.go_on(row, Count(), now=NOW, seconds=-1) == Count()


def test_a_draft_with_gaps_is_not_counted(connection: Connection) -> None:
    with door.tenant(connection.tenant_id):
        row = Connection.objects.select_related("tenant", "live_version").get(pk=connection.pk)
        row.primary_key = ""
        with pytest.raises(Invalid):
            recount.go_on(row, Count(), now=NOW)


def test_a_draft_that_says_nothing_yet_is_told_what_it_lacks(
    acme: Tenant, alices: Client
) -> None:
    with door.tenant(acme.pk):
        row = services.create(
            acme, direction="outbound", name="Out", system_type="odata", actor=COMMAND
        )
    page = alices.get(f"/t/acme/outbound/{row.pk}/impact/")
    assert page.status_code == 200
    assert "Choose a connect object." in page.content.decode()


def test_an_entity_that_is_not_known_any_more_is_told(connection: Connection) -> None:
    with door.tenant(connection.tenant_id):
        row = Connection.objects.select_related("tenant", "live_version").get(pk=connection.pk)
        RemoteEntity.objects.for_tenant(row.tenant_id).update(seen_at=None)

        with pytest.raises(SyncAppError):
            recount.go_on(row, Count(), now=NOW)


def test_what_was_never_published_would_be_new(connection: Connection) -> None:
    with door.tenant(connection.tenant_id):
        row = Connection.objects.select_related("tenant", "live_version").get(pk=connection.pk)
        row.live_version = None

        found = recount.go_on(row, Count(), now=NOW, seconds=60)

    assert found == Count(tried=700, added=700, after=None)
