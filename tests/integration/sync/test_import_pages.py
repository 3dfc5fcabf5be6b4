"""Pages and API of imports, as people and programs use them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from connections.models import Upload, UploadChunk
from connections.uploads import detection, handler, limits, reading
from syncapp.tenants import door
from syncapp.tenants.models import Membership, Tenant
from synclogs.models import SyncLog
from tests import make, making
from tests.integration.sync.test_imports import CSV, Desk

HOME = "/t/acme/imports/"


@pytest.fixture
def desk(committed_db: None, acme: Tenant) -> Desk:
    return Desk(acme, making.make_object(acme))


@pytest.fixture
def browser(desk: Desk) -> Client:
    return make.browser_of(make.make_member(desk.tenant, "ida@acme.test"))


def send(browser: Client, desk: Desk, content: bytes = CSV, name: str = "p.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return browser.post(f"{HOME}new/", {"object": desk.object.pk, "file": file})


def fields_of(page: Any, **changes: str) -> dict[str, str]:
    """What a browser would send of the form with the plan."""
    form = page.context["form"]
    values = {name: form[name].value() or "" for name in form.fields}
    return {name: str(value) for name, value in values.items()} | changes


def text(response: Any) -> str:
    return str(response.content.decode())


def test_from_the_record_list_to_the_error_file(desk: Desk, browser: Client) -> None:
    records = browser.get(f"/t/acme/records/of/{desk.object.pk}/")
    assert f'/t/acme/imports/new/?object={desk.object.pk}"' in text(records)
    asked = browser.get(f"{HOME}new/?object={desk.object.pk}")
    assert f'<option value="{desk.object.pk}" selected' in text(asked)

    sent = send(browser, desk, b"code,name,credit\nC1,Anna,1\nC2,Ben,x\n")
    assert sent.status_code == 303
    page = browser.get(sent["Location"])
    assert "1</b> created" in text(page)
    assert "1</b> rejected" in text(page)
    assert "is not a number" in text(page)

    started = browser.post(sent["Location"], fields_of(page, _start="1"))
    assert (started.status_code, started["Location"]) == (303, sent["Location"])
    waiting = browser.get(sent["Location"])
    assert "/progress/" in text(waiting)
    desk.work()
    done = browser.get(sent["Location"])
    assert "1 row failed. The error file holds it as it was" in text(done)
    with door.tenant(desk.tenant.pk):
        upload = Upload.objects.get()
    errors = browser.get(f"{HOME}{upload.pk}/errors/")
    assert b"C2,Ben,x,3," in b"".join(errors.streaming_content)  # type: ignore[attr-defined]
    listed = text(browser.get(HOME))
    assert "p.csv" in listed
    assert "1 created, 1 rejected" in listed
    run = text(browser.get(f"/t/acme/runs/{upload.run_id}/"))
    assert f"/t/acme/imports/{upload.pk}/" in run
    assert "Run again" not in run
    assert browser.post(f"{HOME}{upload.pk}/delete/").status_code == 303
    assert set(desk.stored()) == {"C1"}


def test_what_cannot_be_read_is_told_at_the_file(desk: Desk, browser: Client) -> None:
    answer = send(browser, desk, b"%PDF-1.4")
    assert answer.status_code == 422
    assert "This is a PDF document" in text(answer)
    with door.tenant(desk.tenant.pk):
        assert not Upload.objects.exists()


def test_uploads_stop_at_the_bound(desk: Desk, browser: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(handler, "MAX_BYTES", 5)
    answer = send(browser, desk)
    assert answer.status_code == 422
    assert limits.MAX_BYTES > 5


def test_another_way_of_reading(desk: Desk, browser: Client) -> None:
    page = send(browser, desk, b"title\ncode;name\nC1;Anna\n")["Location"]
    again = browser.post(
        page, {"encoding": "cp1252", "delimiter": ";", "header": "2", "_read": "1"}
    )
    assert again.status_code == 303
    assert "1</b> created" in text(browser.get(page))
    wrong = browser.post(
        page, {"encoding": "utf-16", "delimiter": ";", "header": "2", "_read": "1"}
    )
    assert wrong.status_code == 422
    assert "UTF-16" in text(wrong)
    none = browser.post(page, {"encoding": "x", "delimiter": ";", "header": "1", "_read": "1"})
    assert none.status_code == 422


def test_gaps_stand_at_their_columns(desk: Desk, browser: Client) -> None:
    page = send(browser, desk)["Location"]
    sent = fields_of(browser.get(page), **{"column-1": "code", "_check": "1"})
    answer = browser.post(page, sent)
    assert answer.status_code == 422
    assert 'id="id_column-1_error"' in text(answer)
    assert "is filled by “code” already" in text(answer)
    none = browser.post(page, sent | {"mode": "none"})
    assert none.status_code == 422


def test_preview_and_dry_run(desk: Desk, browser: Client) -> None:
    page = send(browser, desk)["Location"]
    form = fields_of(browser.get(page))
    checked = browser.post(page, form | {"_check": "1", "mode": "update"})
    assert checked["Location"] == f"{page}#preview"
    assert "2</b> skipped" in text(browser.get(page))
    dry = browser.post(page, form | {"_dry": "1"})
    desk.work()
    run = text(browser.get(dry["Location"]))
    assert "A dry run" in run
    assert "Dry run again" not in run
    assert desk.stored() == {}


def test_a_refusal_is_told(desk: Desk, browser: Client) -> None:
    desk.start(desk.upload(CSV))
    page = send(browser, desk)["Location"]
    answer = browser.post(page, fields_of(browser.get(page), _start="1"))
    assert answer.status_code == 422
    assert "do not run at the same time" in text(answer)


def test_a_run_that_failed_can_be_started_again(desk: Desk, browser: Client) -> None:
    rows = b"".join(b"C%d,Anna\n" % n for n in range(100))
    page = send(browser, desk, b"code,name\n" + rows + b'C,"Ben\n')["Location"]
    shown = browser.get(page)
    assert "begins a cell that does not end" in text(shown)
    with door.tenant(desk.tenant.pk):
        upload = Upload.objects.get()
    desk.start(upload)
    desk.work()
    assert "The last attempt is failed" in text(browser.get(page))


def test_a_file_of_which_a_piece_is_gone(desk: Desk, browser: Client) -> None:
    run = desk.run(b"code,name\nC1,Anna\n,Ben\n")
    place = send(browser, desk)["Location"]
    with door.tenant(desk.tenant.pk):
        UploadChunk.objects.all().delete()
        upload = Upload.objects.get(run_id=run.pk)
    said = "A piece of the file is gone. Upload it again."
    assert said in text(browser.get(place))
    assert said in errors_of(browser, upload)


def test_an_error_file_of_rows_that_are_not_there(desk: Desk, browser: Client) -> None:
    run = desk.run(b"code,name\nC1,Anna\n,Ben\n")
    with door.tenant(desk.tenant.pk):
        upload = Upload.objects.get(run_id=run.pk)
        upload.form["header"] = 40
        upload.save()
    assert errors_of(browser, upload).splitlines() == ["code,name,Row,Message"]


def errors_of(browser: Client, upload: Upload) -> str:
    parts: Any = browser.get(f"{HOME}{upload.pk}/errors/")
    return b"".join(parts.streaming_content).decode("utf-8-sig")


def test_the_form_asks_what_the_file_leaves_open(desk: Desk, browser: Client) -> None:
    fields: list[dict[str, Any]] = [
        {"name": "code", "is_key": True},
        {"name": "partner", "type": "reference", "reference": desk.object},
    ]
    orders = Desk(desk.tenant, making.make_object(desk.tenant, "order", fields=fields))
    content = b"<all><order><code>1</code></order><order><code>2</code></order></all>"
    page: Any = browser.get(send(browser, orders, content, "orders.xml")["Location"])
    assert list(page.context["reading"].fields) == ["part"]
    assert "references" in page.context["form"].fields


def test_deleting_says_what_stays(desk: Desk, browser: Client) -> None:
    place = send(browser, desk)["Location"]
    assert "records that it made stay" in text(browser.get(f"{place}delete/"))
    assert browser.post(f"{place}delete/").status_code in {204, 303}
    assert browser.get(place).status_code == 404


def test_a_preview_says_what_is_missing(desk: Desk, browser: Client) -> None:
    page: Any = browser.get(send(browser, desk, b"name,city\nAnna,Bern\n")["Location"])
    assert page.context["gaps"]
    assert "glance" not in page.context


def test_importing_needs_the_right_to_write_records(desk: Desk) -> None:
    profile = make.make_profile(
        desk.tenant, "Importer", ["imports.view", "imports.create", "records.create"]
    )
    member: Membership = make.make_member(desk.tenant, "imp@acme.test", profile=profile)
    browser = make.browser_of(member)
    page = send(browser, desk)["Location"]
    form = fields_of(browser.get(page))
    assert browser.post(page, form | {"_start": "1"}).status_code == 403
    started = browser.post(page, form | {"_start": "1", "mode": "create"})
    assert started.status_code == 303
    assert "queued" in text(browser.get(page)).lower()


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_templates(desk: Desk, browser: Client, format_: str) -> None:
    answer = browser.get(f"{HOME}templates/{desk.object.pk}/?format={format_}")
    assert f"partner.{format_}" in answer["Content-Disposition"]
    file = io.BytesIO(answer.content)
    form = detection.look(file, utf8=True)
    assert form.columns == ("code", "name", "city", "credit", "vat")
    if format_ == "xlsx":
        assert form.parts == ("Records", "Fields")
    else:
        assert reading.samples(file, form, 1)[0].cells[3] == "1234.50"


class TestApi:
    @pytest.fixture
    def client(self, desk: Desk) -> Client:
        return make.client_of(desk.tenant)

    def post(self, client: Client, content: bytes = CSV, **values: Any) -> Any:
        file = SimpleUploadedFile("p.csv", content)
        return client.post("/api/v1/imports/", {"object": "partner", "file": file, **values})

    def test_upload_follow_fetch(self, desk: Desk, client: Client) -> None:
        answer = self.post(client, b"code,name,credit\nC1,Anna,1\nC2,Ben,x\n")
        assert answer.status_code == 202
        body = answer.json()
        assert body["columns"] == ["code", "name", "credit"]
        assert body["run"]["state"] == "queued"
        desk.work()
        told = client.get(answer["Location"]).json()
        assert (told["run"]["state"], told["run"]["counts"]["created"]) == ("partial", 1)
        errors = client.get(f"{answer['Location']}errors/")
        assert b"C2,Ben,x,3," in b"".join(errors.streaming_content)  # type: ignore[attr-defined]
        assert [one["id"] for one in client.get("/api/v1/imports/").json()["data"]] == [
            told["id"]
        ]
        assert client.delete(answer["Location"]).status_code == 204
        assert client.get(answer["Location"]).status_code == 404

    def test_a_plan(self, desk: Desk, client: Client) -> None:
        plan = {"mapping": {"a": "code", "b": "name"}, "mode": "create", "key": "code"}
        self.post(client, b"a;b\nC1;Anna\n", plan=json.dumps(plan))
        desk.work()
        assert set(desk.stored()) == {"C1"}

    def test_a_dry_run(self, desk: Desk, client: Client) -> None:
        answer = self.post(client, dry_run="true")
        assert (answer.status_code, answer.json()["run"]["kind"]) == (202, "dry")
        desk.work()
        assert desk.stored() == {}

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"plan": "{"}, "plan"),
            ({"plan": "[]"}, "plan"),
            ({"plan": '{"mode": "x"}'}, "plan.mode"),
            ({"plan": '{"more": 1}'}, "plan.plan"),
            ({"plan": '{"mapping": {"x": "code"}}'}, "mapping"),
            ({"content": b"%PDF"}, "file"),
        ],
    )
    def test_what_is_wrong_keeps_no_file(
        self, desk: Desk, client: Client, values: Any, field: str
    ) -> None:
        answer = self.post(client, **values)
        assert answer.status_code == 422
        assert field in answer.json()["fields"]
        with door.tenant(desk.tenant.pk):
            assert not Upload.objects.exists()
            assert not SyncLog.objects.exists()

    def test_rights(self, desk: Desk) -> None:
        client = make.client_of(desk.tenant, codes=["imports.create", "records.create"])
        assert self.post(client).status_code == 403
        assert self.post(client, plan='{"mode": "create"}').status_code == 202

    def test_a_busy_object(self, desk: Desk, client: Client) -> None:
        self.post(client)
        answer = self.post(client)
        assert (answer.status_code, answer.json()["code"]) == (409, "object_busy")

    def test_an_object_that_is_not_there(self, desk: Desk, client: Client) -> None:
        assert self.post(client, object="nothing").status_code == 404
