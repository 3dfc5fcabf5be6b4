"""The mapping editor's pages: each operation, who may, and what goes wrong."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections import kept, services
from connections.document import plain, read_mappings
from connections.kit.values import Record
from connections.models import Connection, DraftStep
from objects.models import ConnectField
from syncapp import canonical
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from tests import make, making

pytestmark = pytest.mark.usefixtures("db")
HTMX = {"HX-Request": "true"}
RECORD = {
    "CardCode": "C0",
    "CardName": "Ärger GmbH",
    "Address": {"City": "Köln"},
    "Credit": "12,5",
}


@pytest.fixture
def connection(acme: Tenant) -> Connection:
    making.make_world()
    made = making.make_connection(acme)
    with door.tenant(acme.pk):
        keeper = kept.Keeper(acme.pk, made.pk)
        keeper.offer(
            [
                Record("C0", canonical.dumps(RECORD)),
                Record("C1", canonical.dumps({"CardCode": "C1"})),
            ]
        )
        keeper.write(make.NOW)
    return made


def url(page: str, row: Connection, tenant: str = "acme") -> str:
    name = f"connections:{row.direction}_{page}"
    return reverse(name, kwargs={"tenant": tenant, "pk": row.pk})


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_every_target_is_a_row_and_shows_what_the_sample_gives(
    alices: Client, connection: Connection
) -> None:
    page = text(alices.get(url("mapping", connection) + "?sample=C0"))
    rows = re.findall(r'class="row-link"[^>]*>([^<]+)<', page)
    assert rows == ["code", "name", "city", "credit", "vat"]
    assert "Ärger GmbH" in page
    assert "Köln" in page


def act(
    browser: Client, row: Connection, verb: str, *, etag: int | None = None, **more: str
) -> Any:
    with door.tenant(row.tenant_id):
        row.refresh_from_db()
    sent = {"act": verb, "etag": str(row.etag if etag is None else etag), **more}
    return browser.post(url("mapping_act", row), sent)


def rows_of(row: Connection) -> dict[str, Any]:
    with door.tenant(row.tenant_id):
        row.refresh_from_db()
        return {one.target: one for one in read_mappings(row.mapping)}


def edit(browser: Client, row: Connection, place: dict[str, str], **values: str) -> Any:
    with door.tenant(row.tenant_id):
        row.refresh_from_db()
    target = place.get("at", "name")
    usual = {"target": target, "kind": "field", "when": "always", "if_empty": "take"}
    form = {f"edit-{name}": text for name, text in {**usual, **values}.items()}
    return browser.post(url("mapping_row", row), {"etag": str(row.etag), **place, **form})


def test_rows_are_moved_switched_removed_and_all_of_it_undone(
    alices: Client, connection: Connection
) -> None:
    before = rows_of(connection)
    name = before["name"].uuid
    for verb in ("up", "up", "up", "off", "remove"):
        assert act(alices, connection, f"{verb}:{name}").status_code == 303
    assert list(rows_of(connection)) == ["code", "city"]
    act(alices, connection, "undo")
    assert list(rows_of(connection)) == ["name", "code", "city"]
    assert not rows_of(connection)["name"].enabled
    for _ in range(2):
        act(alices, connection, "undo")
    assert rows_of(connection) == before
    act(alices, connection, "undo")  # what made the connection
    page = act(alices, connection, "undo")
    assert page.status_code == 409
    assert "There is nothing to undo." in text(page)


def test_suggestions_are_off_until_accepted_and_touch_no_other_row(
    alices: Client, connection: Connection
) -> None:
    rows = [{"target": "city", "source": "CardName", "enabled": False}]
    assert connection.object is not None
    with door.tenant(connection.tenant_id):
        services.edit(connection, {}, mappings=rows, actor=actors.COMMAND)
        ConnectField.objects.create(
            tenant=connection.tenant, object=connection.object, name="card_code", position=9
        )
    act(alices, connection, "suggest")
    found = rows_of(connection)
    assert (found["city"].source, found["city"].enabled) == ("CardName", False)
    assert (found["card_code"].source, found["card_code"].enabled) == ("CardCode", False)
    assert found["card_code"].suggested
    assert "credit" in found
    act(alices, connection, f"accept:{found['card_code'].uuid}")
    assert (rows_of(connection)["card_code"].enabled) is True
    act(alices, connection, "dismiss")
    assert "credit" not in rows_of(connection)
    again = act(alices, connection, "accept-all")
    assert (again.status_code, "There is no suggestion." in text(again)) == (409, True)


def test_a_row_is_made_and_changed_with_its_options(
    alices: Client, connection: Connection
) -> None:
    saved = edit(
        alices,
        connection,
        {"at": "vat"},
        kind="formula",
        formula="upper(data('CardCode'))",
        when="create",
        if_empty="default",
        default="none",
        keep_filled="on",
        enabled="on",
    )
    assert saved.status_code == 303
    row = rows_of(connection)["vat"]
    assert (row.kind, row.formula, row.when, row.default) == (
        "formula",
        "upper(data('CardCode'))",
        "create",
        "none",
    )
    edit(alices, connection, {"row": row.uuid, "at": "vat"}, source="Vat", enabled="on")
    changed = rows_of(connection)["vat"]
    assert (changed.uuid, changed.source, changed.formula) == (row.uuid, "Vat", "")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"source": ""}, "choose a source field"),
        ({"source": "a b]"}, "Cannot read"),
        ({"kind": "raw", "value": "much"}, "is not a number"),
        ({"kind": "formula", "formula": "nope("}, "line 1"),
        ({"source": "x" * 301}, "at most 300"),
        ({"source": "a\0b"}, "Null characters"),
        ({"kind": "children"}, "Select a valid choice"),
        ({"target": "city"}, "mapped twice"),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_nothing_is_saved(
    alices: Client, connection: Connection, values: dict[str, str], told: str
) -> None:
    before = rows_of(connection)
    page = edit(alices, connection, {"at": "credit"}, enabled="on", **{"source": "X", **values})
    assert page.status_code == 422
    assert told.lower() in text(page).lower()
    assert rows_of(connection) == before


def test_unknown_rows_and_acts_are_refused(alices: Client, connection: Connection) -> None:
    assert alices.get(url("mapping_row", connection) + "?at=nowhere").status_code == 404
    assert alices.get(url("mapping_row", connection) + "?new=1&inside=x").status_code == 404
    assert act(alices, connection, "explode").status_code == 422
    assert act(alices, connection, "remove:nobody").status_code == 404


def test_an_old_page_changes_nothing_and_says_so(
    alices: Client, connection: Connection
) -> None:
    before = rows_of(connection)
    page = act(alices, connection, f"remove:{before['city'].uuid}", etag=1)
    assert page.status_code == 412
    assert "Somebody else changed this draft" in text(page)
    assert rows_of(connection) == before


def test_steps_are_kept_up_to_fifty(alices: Client, connection: Connection) -> None:
    name = rows_of(connection)["name"].uuid
    for number in range(53):
        act(alices, connection, f"{'on' if number % 2 else 'off'}:{name}")
    with door.tenant(connection.tenant_id):
        assert DraftStep.objects.filter(connection=connection).count() == 50


def test_more_than_a_thousand_rows_are_refused(alices: Client, connection: Connection) -> None:
    rows = [{"target": f"f{n}", "source": "x", "enabled": False} for n in range(1000)]
    with door.tenant(connection.tenant_id):
        connection.mapping = plain(read_mappings(rows))
        connection.save(update_fields=["mapping"])
    assert alices.get(url("mapping", connection)).status_code == 200
    page = edit(alices, connection, {"at": "credit"}, source="X", enabled="on")
    assert page.status_code == 422
    assert "more than 1000 mappings" in text(page)


def test_discarding_brings_back_what_runs(alices: Client, acme: Tenant) -> None:
    making.make_world()
    row = making.make_connection(acme, active=True)
    before = rows_of(row)
    edit(alices, row, {"at": "credit"}, source="Balance", enabled="on")
    page = text(alices.get(url("mapping", row) + "?show=changed"))
    assert re.findall(r'class="row-link"[^>]*>([^<]+)<', page) == ["credit"]
    assert "1 change" in page
    act(alices, row, "discard")
    assert rows_of(row) == before
    act(alices, row, "undo")
    assert "credit" in rows_of(row)


def test_copying_takes_what_fits_and_shows_the_rest(
    alices: Client, connection: Connection, acme: Tenant
) -> None:
    other = making.make_connection(
        acme,
        "Other",
        config=connection.config,
        object_=making.make_object(
            acme, "other", fields=[*making.PARTNER, {"name": "strange"}]
        ),
        mappings={"code": "No", "credit": "Balance", "strange": "X"},
    )
    page = text(alices.get(url("mapping_copy", connection) + f"?from={other.pk}"))
    assert "Copy 1 mapping" in page
    assert "2 stay away" in page
    sent = {"from": str(other.pk), "etag": str(connection.etag)}
    assert alices.post(url("mapping_copy", connection), sent).status_code == 303
    found = rows_of(connection)
    assert (found["credit"].source, found["code"].source) == ("Balance", "CardCode")
    assert "strange" not in found


def test_nobody_copies_from_another_tenant(
    alices: Client, connection: Connection, globex: Tenant
) -> None:
    foreign = making.make_connection(globex)
    address = url("mapping_copy", connection)
    assert alices.get(f"{address}?from={foreign.pk}").status_code == 404
    assert alices.post(address, {"from": str(foreign.pk)}).status_code == 404
    assert alices.post(address, {"from": "9" * 30}).status_code == 404
    assert alices.post(address, {}).status_code == 422


def test_readers_look_and_change_nothing(
    bobs: Client, carols: Client, connection: Connection
) -> None:
    page = text(bobs.get(url("mapping", connection)))
    assert 'name="act"' not in page
    assert 'id="suggest"' not in page
    assert bobs.get(url("mapping_row", connection) + "?at=name").status_code in {200, 404}
    for name in ("mapping_act", "mapping_row", "mapping_copy", "mapping_samples", "conditions"):
        assert bobs.post(url(name, connection), {}).status_code == 403
        assert carols.post(url(name, connection), {}).status_code in {403, 404}


def test_a_row_is_tried_while_it_is_written(
    alices: Client, acme: Tenant, connection: Connection
) -> None:
    bare = making.make_connection(
        acme, "Bare", config=connection.config, object_=connection.object
    )
    tried = {"at": "vat", "_try": "1", "edit-kind": "raw", "edit-value": "<b>5</b>"}
    tried |= {"edit-target": "vat", "edit-when": "always", "edit-if_empty": "take"}

    def sent(row: Connection, **more: str) -> str:
        answer = alices.post(url("mapping_row", row), {**tried, **more}, headers=HTMX)
        assert answer.status_code == 200
        return str(answer.content.decode())

    assert sent(bare).strip() == ""  # no record is kept to try it on
    assert "&lt;b&gt;5&lt;/b&gt;" in sent(connection)
    assert "vat" not in rows_of(connection)


def test_samples_come_from_the_source(alices: Client, acme: Tenant) -> None:
    making.make_world()
    row = making.make_connection(acme)
    assert "No source record is kept yet" in text(alices.get(url("mapping", row)))
    assert alices.post(url("mapping_samples", row), {}).status_code == 303
    page = text(alices.get(url("mapping", row) + "?sample=C1"))
    assert "Partner 1" in page
    assert "Partner 2" in text(alices.get(url("mapping", row) + "?sample=C2"))


def test_records_that_are_hard_to_map_are_found(alices: Client, connection: Connection) -> None:
    edit(alices, connection, {"at": "credit"}, source="Credit", enabled="on")
    page = text(alices.get(url("mapping", connection) + "?sample=C1&pick=failing"))
    assert "'12,5' is not a number" in page
    assert "No kept record is called" in text(
        alices.get(url("mapping", connection) + "?sample=zzz")
    )


def test_members_of_objects_and_lines_are_mapped(alices: Client, acme: Tenant) -> None:
    making.make_world()
    fields = [
        *making.PARTNER,
        {"name": "lines", "type": "list"},
        {"name": "at", "type": "object"},
    ]
    row = making.make_connection(acme, object_=making.make_object(acme, fields=fields))
    saved = edit(alices, row, {"at": "lines"}, kind="lines", source="Lines", enabled="on")
    assert saved.status_code == 303
    around = rows_of(row)["lines"].uuid
    place = {"new": "1", "inside": around}
    assert edit(alices, row, place, target="code", source="No", enabled="on").status_code == 303
    inner = rows_of(row)["lines"].rows
    assert [(one.target, one.source) for one in inner] == [("code", "No")]
    twice = edit(alices, row, place, target="code", source="No2", enabled="on")
    assert (twice.status_code, "mapped twice" in text(twice).lower()) == (422, True)
    assert act(alices, row, f"remove:{inner[0].uuid}").status_code == 303
    assert rows_of(row)["lines"].rows == ()


def test_what_programs_change_is_a_step_too(
    alices: Client, acme: Tenant, connection: Connection
) -> None:
    key = make.client_of(acme)
    before = rows_of(connection)
    rows = [{**plain(one), "when": "create"} for one in before.values()]
    sent = canonical.text({"mappings": rows})
    answer = key.patch(f"/api/v1/connections/{connection.pk}/", sent, "application/json")
    assert answer.status_code == 200
    assert {one.when for one in rows_of(connection).values()} == {"create"}
    act(alices, connection, "undo")
    assert rows_of(connection) == before


def preview(key: Client, row: Connection, **sent: Any) -> Any:
    body = canonical.text(sent)
    return key.post(f"/api/v1/connections/{row.pk}/preview/", body, "application/json")


def test_programs_try_mappings_too(acme: Tenant, connection: Connection) -> None:
    key = make.client_of(acme, codes=["inbound.view"])
    told = {one["record"]: one["results"] for one in preview(key, connection).json()}
    assert [(one["target"], one["result"]) for one in told["C0"]] == [
        ("code", "C0"),
        ("name", "Ärger GmbH"),
        ("city", "Köln"),
    ]
    answer = preview(
        key,
        connection,
        mappings=[{"target": "credit", "source": "N"}],
        records=[{"N": "1.50"}, {"N": "much"}],
    )
    good, bad = (one["results"][0] for one in answer.json())
    assert good["result"] == "1.50"
    assert "is not a number" in bad["problem"]


def test_what_cannot_be_tried_is_refused(
    acme: Tenant, globex: Tenant, connection: Connection
) -> None:
    key = make.client_of(acme)
    assert preview(key, connection, mappings=[{"target": "x", "kind": "no"}]).status_code == 400
    assert preview(key, connection, records=[{}] * 101).status_code == 400
    assert preview(key, connection, limit=0).status_code == 400
    foreign = make.client_of(globex)
    assert preview(foreign, connection).status_code == 404
    blind = make.client_of(acme, codes=["outbound.view"])
    assert preview(blind, connection).status_code == 403
    assert rows_of(connection).keys() == {"code", "name", "city"}
