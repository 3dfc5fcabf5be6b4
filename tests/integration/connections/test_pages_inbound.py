"""Pages of inbound connections: list, draft, redrawing, samples, switching on and off."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from connections import services
from connections.kit.base import ErrorKind, RemoteError
from connections.kit.world import Fault, World
from connections.models import Connection
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant
from tests import making

HTMX = {"HX-Request": "true"}


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send back: the values of inputs, selects and text areas."""
    found: dict[str, str] = {}
    form = page[page.index('id="form"') :]
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or "checked" in tag):
            found[name[1]] = value[1] if value else "on"
    for name, body in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)"[^>]* selected', body)
        found[name] = chosen[1] if chosen else ""
    for name, body in re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = body.strip()
    return found


@pytest.fixture
def connection(acme: Tenant, world: World) -> Connection:
    return making.make_connection(acme)


def edit_url(connection: Connection) -> str:
    return f"/t/acme/inbound/{connection.pk}/edit/"


def test_a_connection_is_made_and_leads_to_its_draft(acme: Tenant, alices: Client) -> None:
    response = alices.post("/t/acme/inbound/new/", {"name": "Items", "system_type": "odata"})

    with door.tenant(acme.pk):
        made = Connection.objects.get()
    assert response["Location"] == edit_url(made)
    assert not made.active
    assert "Items" in text(alices.get("/t/acme/inbound/"))


def test_a_type_that_is_not_offered_is_no_choice(alices: Client) -> None:
    response = alices.post("/t/acme/inbound/new/", {"name": "X", "system_type": "telex"})

    assert response.status_code == 422
    assert "is not one of the available choices" in text(response)


def test_the_draft_is_saved_as_it_was_shown(
    acme: Tenant, alices: Client, connection: Connection
) -> None:
    sent = fields_of(text(alices.get(edit_url(connection))))
    sent["page_size"] = "250"
    del sent["allow_create"]

    response = alices.post(edit_url(connection), sent)

    assert response.status_code == 303
    with door.tenant(acme.pk):
        connection.refresh_from_db()
        assert (connection.page_size, connection.allow_create) == (250, False)
        rows = [(row["target"], row["source"]) for row in connection.mapping]
        assert rows == list(making.MAPPINGS.items())


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(
    acme: Tenant, alices: Client, connection: Connection
) -> None:
    sent = fields_of(text(alices.get(edit_url(connection))))
    assert alices.post(edit_url(connection), {**sent, "page_size": "50"}).status_code == 303

    response = alices.post(edit_url(connection), {**sent, "page_size": "60"})

    assert response.status_code == 422
    assert "Somebody else changed this meanwhile" in text(response)


@pytest.mark.parametrize("name", ["config", "object"])
def test_foreign_ids_are_no_valid_choice(
    acme: Tenant, globex: Tenant, alices: Client, connection: Connection, name: str
) -> None:
    foreign = making.make_config(globex) if name == "config" else making.make_object(globex)
    sent = fields_of(text(alices.get(edit_url(connection))))

    response = alices.post(edit_url(connection), {**sent, name: str(foreign.pk)})
    redrawn = alices.post(
        edit_url(connection), {**sent, name: str(foreign.pk), "_redraw": "entities"}
    )

    assert response.status_code == 422
    assert "not one of the available choices" in text(response)
    assert "Globex" not in text(redrawn)
    with door.tenant(acme.pk):
        connection.refresh_from_db()
        assert getattr(connection, f"{name}_id") != foreign.pk


def test_entities_are_looked_up_anew_on_the_page(
    acme: Tenant, alices: Client, connection: Connection, world: World
) -> None:
    sent = fields_of(text(alices.get(edit_url(connection))))
    page = text(
        alices.post(edit_url(connection), {**sent, "_redraw": "entities"}, headers=HTMX)
    )

    assert '<option value="BusinessPartners">' in page
    world.faults.append(
        Fault("entities", error=RemoteError(ErrorKind.TRANSIENT, "Closed on Sundays."))
    )
    page = text(alices.post(edit_url(connection), {**sent, "_redraw": "entities"}))
    assert "Closed on Sundays." in page


def test_a_query_is_tried_with_what_was_typed(
    alices: Client, connection: Connection, world: World
) -> None:
    sent = fields_of(text(alices.get(edit_url(connection))))

    good = text(alices.post(edit_url(connection), {**sent, "_redraw": "test"}))
    bad = text(
        alices.post(edit_url(connection), {**sent, "entity": "Unicorns", "_redraw": "test"})
    )

    assert "The first 3 records, 3 fields" in good
    assert "Partner 2" in good
    assert "There is no entity Unicorns." in bad


def test_the_stored_query_is_tried_from_the_detail_page(
    alices: Client, connection: Connection
) -> None:
    part = text(alices.post(f"/t/acme/inbound/{connection.pk}/test-query/", headers=HTMX))
    page = text(alices.post(f"/t/acme/inbound/{connection.pk}/test-query/"))

    assert "<html" not in part
    assert "Partner 0" in part
    assert "Back to Partners" in page


def test_activating_asks_and_warns_first(
    acme: Tenant, alices: Client, connection: Connection
) -> None:
    url = f"/t/acme/inbound/{connection.pk}/activate/"

    question = text(alices.get(url, headers=HTMX))
    assert "never tested" in question
    assert "Activate “Partners”?" in question
    response = alices.post(url)

    assert response.status_code == 303
    with door.tenant(acme.pk):
        connection.refresh_from_db()
    assert connection.active
    page = text(alices.get(response["Location"]))
    assert "Run now" in page
    assert "Dry run" in page
    assert "Deactivate" in page


def test_a_draft_with_gaps_is_not_activated(
    acme: Tenant, alices: Client, connection: Connection
) -> None:
    with door.tenant(acme.pk):
        Connection.objects.filter(pk=connection.pk).update(entity="")

    response = alices.post(f"/t/acme/inbound/{connection.pk}/activate/")

    assert response.status_code == 422
    assert "Choose an entity." in text(response)
    with door.tenant(acme.pk):
        connection.refresh_from_db()
    assert not connection.active


def test_publishing_lets_a_connection_be_tried_while_it_is_off(
    acme: Tenant, alices: Client, connection: Connection
) -> None:
    detail = f"/t/acme/inbound/{connection.pk}/"
    before = text(alices.get(detail))
    assert "Ready. Try a dry run" in before
    assert "Run now" not in before

    page = text(alices.post(f"{detail}publish/", {"reason": "to try it"}, follow=True))

    assert "Published version 1." in page
    assert "Run now" in page
    with door.tenant(acme.pk):
        connection.refresh_from_db()
        assert not connection.active
        services.edit(connection, {"page_size": 5}, actor=COMMAND)
    assert "The draft has changes that do not run yet." in text(alices.get(detail))


def test_publishing_with_gaps_says_what_is_missing(
    acme: Tenant, alices: Client, connection: Connection
) -> None:
    with door.tenant(acme.pk):
        Connection.objects.filter(pk=connection.pk).update(primary_key="")

    answer = alices.post(f"/t/acme/inbound/{connection.pk}/publish/")

    assert answer.status_code == 422
    assert "Choose the primary key field." in text(answer)


def test_deactivating_and_deleting(
    acme: Tenant, alices: Client, connection: Connection
) -> None:
    url = f"/t/acme/inbound/{connection.pk}"
    alices.post(f"{url}/activate/")

    refused = alices.post(f"{url}/delete/")
    assert refused.status_code == 409
    assert "Deactivate this connection before" in text(refused)
    alices.post(f"{url}/deactivate/")
    assert "3 mappings" in text(alices.get(f"{url}/delete/"))
    alices.post(f"{url}/delete/")

    with door.tenant(acme.pk):
        assert not Connection.objects.exists()


def test_the_related_tab_leads_to_everything_around(
    alices: Client, connection: Connection
) -> None:
    alices.post(f"/t/acme/inbound/{connection.pk}/activate/")

    page = text(alices.get(f"/t/acme/inbound/{connection.pk}/?tab=related"))

    assert f'hx-get="/t/acme/connections/{connection.pk}/runs/"' in page
    assert f'hx-get="/t/acme/connections/{connection.pk}/schedule/"' in page
    assert f"/t/acme/configs/{connection.config_id}/" in page
    assert "Versions" in page


def test_a_reader_reads_and_changes_nothing(
    acme: Tenant, bobs: Client, connection: Connection
) -> None:
    url = f"/t/acme/inbound/{connection.pk}/"

    page = text(bobs.get(url))

    assert "Partners" in page
    assert "Edit" not in page
    assert "Test query" not in page
    for act in ("edit/", "delete/", "activate/"):
        assert bobs.get(f"{url}{act}").status_code == 403
    for act in ("deactivate/", "publish/", "test-query/", "edit/"):
        assert bobs.post(f"{url}{act}", {"_redraw": "test"}).status_code == 403


@pytest.mark.parametrize("path", ["", "edit/", "delete/", "activate/"])
def test_a_foreign_connection_is_not_there(
    carols: Client, connection: Connection, path: str
) -> None:
    assert carols.get(f"/t/globex/inbound/{connection.pk}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["deactivate/", "publish/", "test-query/", "edit/"])
def test_nothing_is_done_to_a_foreign_connection(
    carols: Client, connection: Connection, world: World, path: str
) -> None:
    url = f"/t/globex/inbound/{connection.pk}/{path}"

    assert carols.post(url, {"_redraw": "test"}).status_code == 404
    assert world.calls == []
