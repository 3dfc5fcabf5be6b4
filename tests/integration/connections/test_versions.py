"""Versions: what differs between two of them, publishing with a reason, and going back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connections import services, versions
from connections.kit.world import World
from connections.models import Connection, ConnectionVersion
from syncapp.errors import Refused
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import AuditEntry, Tenant
from tests import making
from tests.make import NOW


@pytest.fixture
def connection(acme: Tenant, world: World) -> Connection:
    """Published once, and on."""
    return making.make_connection(acme, active=True)


def change(connection: Connection, **changed: dict[str, Any]) -> Connection:
    """Change mappings of the draft by target; None removes one."""
    with door.tenant(connection.tenant_id):
        row = Connection.objects.get(pk=connection.pk)
        rows = [{**one, **changed.pop(one["target"], {})} for one in row.mapping]
        rows += [{"target": target, **values} for target, values in changed.items()]
        return services.edit(row, {}, mappings=rows, actor=COMMAND)


def differing(connection: Connection) -> versions.Difference:
    with door.tenant(connection.tenant_id):
        row = Connection.objects.select_related("live_version").get(pk=connection.pk)
        assert row.live_version is not None
        draft = versions.draft_of(row)
        return versions.difference(row.tenant_id, row.live_version.spec, draft)


def brief(changes: Any) -> list[tuple[str, str, str, str]]:
    return [(one.verb, one.what, one.before, one.after) for one in changes]


def address(connection: Connection, path: str = "") -> str:
    return f"/t/acme/inbound/{connection.pk}/{path}"


def text(response: Any) -> str:
    return str(response.content.decode())


def test_nothing_differs_right_after_publishing(connection: Connection) -> None:
    assert len(differing(connection)) == 0


def test_mappings_are_recognised_by_their_uuid(connection: Connection) -> None:
    change(
        connection,
        city={"source": "City", "when": "create", "if_empty": "default", "default": "–"},
        credit={"kind": "raw", "value": "10"},
    )

    assert brief(differing(connection).mappings) == [
        ("changed", "city", "Address.City", "City, only when creating, if empty: use “–”"),
        ("added", "credit", "", "“10”"),
    ]


def test_a_renamed_target_is_one_change(connection: Connection) -> None:
    change(connection, city={"target": "vat"})

    (found,) = differing(connection).mappings
    assert (found.verb, found.what) == ("changed", "vat")
    assert found.before == "city: Address.City"


def test_a_row_that_was_switched_off_is_removed(connection: Connection) -> None:
    change(connection, city={"enabled": False})

    assert brief(differing(connection).mappings) == [("removed", "city", "Address.City", "")]


def test_the_fewest_rows_are_called_moved(connection: Connection) -> None:
    with door.tenant(connection.tenant_id):
        rows = Connection.objects.get(pk=connection.pk).mapping
        services.edit(connection, {}, mappings=[rows[2], rows[0], rows[1]], actor=COMMAND)

    assert [(one.verb, one.what) for one in differing(connection).mappings] == [
        ("moved", "city")
    ]


def test_conditions_and_options_are_told_in_words(connection: Connection) -> None:
    conditions = {
        "join": "any",
        "rows": [{"field": "Type", "operator": "equals", "value": "C"}],
        "groups": [{"rows": [{"field": "Status", "operator": "is_not_empty"}]}],
    }
    with door.tenant(connection.tenant_id):
        row = Connection.objects.get(pk=connection.pk)
        services.edit(row, {"page_size": 50}, conditions=conditions, actor=COMMAND)

    found = differing(connection)

    assert [one.after for one in found.conditions] == [
        "any must hold",
        "Type is equal to “C”",
        "Status is not empty (group 1, all of it)",
    ]
    assert brief(found.options) == [("changed", "Page size", "1000", "50")]


def test_going_back_publishes_a_new_version(acme: Tenant, connection: Connection) -> None:
    row = change(connection, city={"source": "Town"})
    with door.tenant(acme.pk):
        services.activate(row, actor=COMMAND, now=NOW)
        first = ConnectionVersion.objects.get(connection=row, number=1)

        made = versions.revert(row, first, actor=COMMAND, now=NOW, reason="Town was empty")

        assert (made.number, made.reason) == (3, "Back to version 1: Town was empty")
        assert made.spec == first.spec
        entry = AuditEntry.objects.filter(action="publish").order_by("-pk").first()
        assert entry is not None
        assert "Town was empty" in entry.reason


def test_a_version_whose_object_is_gone_stays_where_it_is(
    acme: Tenant, connection: Connection
) -> None:
    with door.tenant(acme.pk):
        row = Connection.objects.get(pk=connection.pk)
        first = ConnectionVersion.objects.get(connection=row)
        first.spec = {**first.spec, "object_id": 0}

        with pytest.raises(Refused, match="connect object of this version is gone"):
            versions.restore(row, first, actor=COMMAND)


def test_the_pages_lead_from_the_change_to_the_way_back(
    acme: Tenant, alices: Client, connection: Connection
) -> None:
    change(connection, city={"source": "Town"})

    listed = text(alices.get(address(connection, "versions/")))
    compared = text(alices.get(address(connection, "versions/diff/")))
    asked = text(alices.get(address(connection, "publish/")))
    published = text(
        alices.post(address(connection, "publish/"), {"reason": "Towns"}, follow=True)
    )

    assert "The draft has 1 change" in listed
    assert "<code>Town</code>" in compared
    assert "This connection is live." in asked
    assert "Published version 2." in published
    listed = text(alices.get(address(connection, "versions/")))
    assert "Towns" in listed
    back = address(connection, "versions/1/revert/")
    assert back in listed
    assert "<code>Town</code>" in text(alices.get(back))
    done = text(alices.post(back, {"reason": ""}, follow=True))
    assert "Published version 3, which says what version 1 said." in done
    two = text(alices.get(address(connection, "versions/diff/?from=1&to=3")))
    assert "Nothing differs." in two


def test_a_reason_that_cannot_be_kept_is_refused(
    alices: Client, connection: Connection
) -> None:
    change(connection, city={"source": "Town"})

    long = alices.post(address(connection, "publish/"), {"reason": "x" * 501})
    odd = alices.post(address(connection, "versions/1/revert/"), {"reason": "a\0b"})

    assert (long.status_code, odd.status_code) == (422, 422)
    assert "at most 500 characters" in text(long)
    assert "Null characters are not allowed" in text(odd)


@pytest.mark.parametrize("query", ["from=99", "from=x", "to=99999999999999999999", "from=-1"])
def test_a_version_that_is_none_is_not_there(
    alices: Client, connection: Connection, query: str
) -> None:
    assert alices.get(address(connection, f"versions/diff/?{query}")).status_code == 404


def test_who_may_only_look_sees_no_buttons(bobs: Client, connection: Connection) -> None:
    change(connection, city={"source": "Town"})

    listed = text(bobs.get(address(connection, "versions/")))

    assert "Publish…" not in listed
    assert "Go back to it" not in listed
    assert bobs.get(address(connection, "publish/")).status_code == 403
    assert bobs.post(address(connection, "versions/1/revert/")).status_code == 403


def test_rest_clients_compare_publish_and_go_back(
    acme: Tenant, api: Client, connection: Connection
) -> None:
    change(connection, city={"source": "Town"})
    base = f"/api/v1/connections/{connection.pk}"
    options: dict[str, Any] = {"content_type": "application/json"}

    found = api.get(f"{base}/versions/diff/").json()
    published = api.post(f"{base}/publish/", {"reason": "Towns"}, **options)
    listed = api.get(f"{base}/versions/").json()["data"]
    back = api.post(f"{base}/versions/1/revert/", {}, **options)
    same = api.get(f"{base}/versions/diff/?from=1&to=3").json()

    assert [(one["what"], one["after"]) for one in found["mappings"]] == [("city", "Town")]
    assert published.json()["version"] == 2
    assert [(one["number"], one["live"], one["reason"]) for one in listed] == [
        (2, True, "Towns"),
        (1, False, ""),
    ]
    assert listed[0]["spec"]["rows"][2]["source"] == "Town"
    assert back.json()["version"] == 3
    assert same == {"mappings": [], "conditions": [], "options": []}
    assert api.get(f"{base}/versions/diff/?from=9").status_code == 404
    assert api.post(f"{base}/versions/9/revert/", {}, **options).status_code == 404
    long = api.post(f"{base}/publish/", {"reason": "x" * 501}, **options)
    assert list(long.json()["fields"]) == ["reason"]
