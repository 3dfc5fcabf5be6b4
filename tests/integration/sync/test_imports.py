"""Imports with the real engine: files in the database, a worker, the record store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from msgspec import structs

from connections.kit.codes import Code
from connections.models import Connection, SourceSample, Upload, UploadChunk
from connections.uploads import plan as planning, storage, writing
from connections.uploads.plan import Plan
from objects.models import ConnectField, ConnectObject
from objects.records import read
from objects.records.changes import Origin, Stored
from syncapp.errors import Invalid, Refused
from syncapp.sync import import_errors, imports, keeping, leases, services, slices
from syncapp.sync.models import RunLock
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import RecordLog, SyncLog
from tests import making
from tests.integration.sync.conftest import Clock, make_engine

CSV = b"code,name,city,credit\nC1,Anna,Bern,1.50\nC2,Ben,,2\n"


@dataclass
class Desk:
    """Somebody who uploads files into one object."""

    tenant: Tenant
    object: ConnectObject
    clock: Clock = field(default_factory=Clock)

    def upload(self, content: bytes, name: str = "partners.csv") -> Upload:
        with door.tenant(self.tenant.pk):
            file = SimpleUploadedFile(name, content)
            return storage.receive(file, self.object, actor=actors.COMMAND)

    def plan(self, upload: Upload, **changes: Any) -> Plan:
        with door.tenant(self.tenant.pk):
            return structs.replace(planning.plan_of(upload), **changes)

    def start(self, upload: Upload, *, dry: bool = False, **changes: Any) -> SyncLog:
        plan = self.plan(upload, **changes)
        with door.tenant(self.tenant.pk):
            return imports.start(upload, plan, actor=actors.COMMAND, now=self.clock(), dry=dry)

    def work(self) -> None:
        # Pages queue by the real clock, which may be ahead of ours.
        self.clock.now = max(self.clock.now, timezone.now()) + timedelta(seconds=1)
        for _ in range(100):
            claimed = leases.claim(self.clock())
            if claimed is None:
                return
            slices.work(claimed, clock=self.clock, stopping=lambda: False)
        raise AssertionError("work without end")

    def run(self, content: bytes, *, name: str = "partners.csv", **changes: Any) -> SyncLog:
        run = self.start(self.upload(content, name), **changes)
        self.work()
        return self.fresh(run)

    def fresh(self, run: SyncLog) -> SyncLog:
        with door.tenant(self.tenant.pk):
            return SyncLog.objects.get(pk=run.pk)

    def logs(self, run: SyncLog) -> list[RecordLog]:
        with door.tenant(self.tenant.pk):
            return list(RecordLog.objects.filter(run_id=run.pk).order_by("pk"))

    def stored(self, object_: ConnectObject | None = None) -> dict[str, Stored]:
        with door.tenant(self.tenant.pk):
            feed = read.feed((object_ or self.object).pk, 0, 1_000_000)
        return {one.key: one for one in feed if not one.deleted}

    def values(self) -> dict[str, Mapping[str, Any]]:
        return {key: one.values for key, one in self.stored().items()}


@pytest.fixture
def desk(committed_db: None, acme: Tenant) -> Desk:
    """In a database that the reading thread sees."""
    return Desk(acme, making.make_object(acme))


def counts(run: SyncLog) -> dict[str, int]:
    return {str(name): n for name, n in run.counts.items() if n}


def test_rows_become_records_with_origin_import(desk: Desk) -> None:
    run = desk.run(CSV)
    assert (run.state, counts(run), run.expected) == ("succeeded", {"created": 2}, 2)
    assert desk.values()["C1"]["city"] == "Bern"
    assert "city" not in desk.values()["C2"]
    with door.tenant(desk.tenant.pk):
        record = read.one_by_key(desk.object.pk, "C1")
        assert record is not None
        assert record.source == (Origin.IMPORT, run.pk)
        assert not RunLock.objects.exists()
    assert desk.logs(run) == []


def test_rows_that_went_well_are_logged_on_demand(desk: Desk) -> None:
    run = desk.run(CSV, log_all=True)
    assert [(row.key, row.remote_id, row.code) for row in desk.logs(run)] == [
        ("C1", "2", Code.NEW),
        ("C2", "3", Code.NEW),
    ]


def test_rows_that_are_left_out_are_always_logged(desk: Desk) -> None:
    run = desk.run(b"code,name\nC1,Ann\nC1,Anna\n")
    assert [(row.remote_id, row.code) for row in desk.logs(run)] == [("2", Code.SUPERSEDED)]
    assert counts(run) == {"created": 1, "skipped": 1}


def test_a_file_leaves_no_samples(desk: Desk) -> None:
    desk.run(CSV)
    with door.tenant(desk.tenant.pk):
        assert not SourceSample.objects.exists()


def test_a_second_import_updates_by_key_and_leaves_empty_cells_alone(desk: Desk) -> None:
    desk.run(CSV)
    run = desk.run(b"code;name;city\nC1;Anna;\nC2;Benno;Rome\nC3;Carl;\n")
    assert counts(run) == {"created": 1, "updated": 1, "unchanged": 1}
    assert desk.values()["C1"]["city"] == "Bern"
    assert desk.values()["C2"]["name"] == "Benno"


def test_empty_cells_can_empty_fields(desk: Desk) -> None:
    desk.run(CSV)
    desk.run(b"code,name,city\nC1,Anna,\n", clear=True)
    assert desk.values()["C1"]["city"] is None


@pytest.mark.parametrize(
    ("mode", "outcomes"),
    [("create", {"created": 1, "skipped": 1}), ("update", {"updated": 1, "skipped": 1})],
)
def test_modes(desk: Desk, mode: str, outcomes: dict[str, int]) -> None:
    desk.run(b"code,name\nC1,Anna\n")
    assert counts(desk.run(b"code,name\nC1,Ann\nC2,Ben\n", mode=mode)) == outcomes


def test_an_update_needs_no_required_field(desk: Desk) -> None:
    desk.run(CSV)
    run = desk.run(b"code,name,city\nC1,,Basel\nC9,,Basel\n")
    assert counts(run) == {"updated": 1, "rejected": 1}
    assert (desk.values()["C1"]["name"], desk.values()["C1"]["city"]) == ("Anna", "Basel")


def test_records_are_found_by_a_unique_field(desk: Desk) -> None:
    desk.run(b"code,name,vat\nC1,Anna,V1\n")
    run = desk.run(b"vat,name\nV1,Anne\n", key="vat", mode="update")
    assert counts(run) == {"updated": 1}
    assert desk.values()["C1"]["name"] == "Anne"


def test_rows_that_fail_are_told_and_the_others_go_through(desk: Desk) -> None:
    run = desk.run(
        b"code,name,credit\nC1,Anna,1.5\nC2,Ben,abc\nC3,Cy\nC4,Di,=1+1\n,Ed,1\nC6,Fay,2\n"
    )
    assert (run.state, counts(run)) == ("partial", {"created": 2, "rejected": 4})
    wrong = {row.remote_id: row.message or "" for row in desk.logs(run) if row.message}
    assert list(wrong) == ["3", "4", "5", "6"]
    assert "'abc' is not a number" in wrong["3"]
    assert wrong["4"] == "The row has 2 cells, the heading 3."
    file = errors_of(desk, run)
    assert file.splitlines() == [
        "code,name,credit,Row,Message",
        f"C2,Ben,abc,3,{wrong['3']}",
        f'C3,Cy,4,"{wrong["4"]}"',
        f"C4,Di,'=1+1,5,{wrong['5']}",
        f',Ed,1,6,"{wrong["6"]}"',
    ]


def errors_of(desk: Desk, run: SyncLog) -> str:
    with door.tenant(desk.tenant.pk):
        upload = Upload.objects.get(run_id=run.pk)
        return b"".join(import_errors.file_of(upload, run)).decode("utf-8-sig")


def test_formulas_are_data(desk: Desk) -> None:
    desk.run(b'code,name\nC1,"=HYPERLINK(""x"")"\n')
    assert desk.values()["C1"]["name"] == '=HYPERLINK("x")'


class TestReferences:
    @pytest.fixture
    def orders(self, desk: Desk) -> Desk:
        desk.run(b"code,name\nC1,Anna\nC2,Ben\n")
        fields = [
            {"name": "number", "is_key": True},
            {"name": "partner", "type": "reference", "reference": desk.object},
        ]
        return Desk(desk.tenant, making.make_object(desk.tenant, "order", fields=fields))

    def test_by_key(self, orders: Desk) -> None:
        run = orders.run(b"number,partner\n1,C1\n2,C9\n3,\n")
        assert counts(run) == {"created": 2, "rejected": 1}
        (bad,) = orders.logs(run)
        assert (bad.code, bad.message) == (
            Code.NO_REFERENCE,
            "Partner: there is no record with the key “C9”.",
        )

    def test_by_id(self, desk: Desk, orders: Desk) -> None:
        ids = {key: one.id for key, one in desk.stored().items()}
        content = f"number,partner\n1,{ids['C2']}\n2,999999\n3,C1\n4,\n".encode()
        run = orders.run(content, references="id")
        assert counts(run) == {"created": 2, "rejected": 2}
        assert orders.values()["1"]["partner"] == "C2"

    def test_a_parent_may_stand_above_in_the_same_file(self, desk: Desk) -> None:
        fields: list[dict[str, Any]] = [{"name": "code", "is_key": True}]
        site = making.make_object(desk.tenant, "site", fields=fields)
        with door.tenant(desk.tenant.pk):
            ConnectField.objects.create(
                tenant=desk.tenant,
                object=site,
                name="above",
                label="Above",
                type="reference",
                reference=site,
                position=1,
            )
        sites = Desk(desk.tenant, site)
        run = sites.run(b"code,above\nA,\nB,A\nC,D\nD,\n")
        assert counts(run) == {"created": 3, "rejected": 1}
        assert sorted(sites.values()) == ["A", "B", "D"]


class TestExclusion:
    def test_a_sync_waits_for_an_import(self, desk: Desk) -> None:
        engine = make_engine(desk.tenant, object_=desk.object)
        run = desk.start(desk.upload(CSV))
        with pytest.raises(Refused) as refusal:
            engine.start()
        assert refusal.value.code == "object_busy"
        assert f"Run {run.pk}, the import of “partners.csv”" in refusal.value.message
        desk.work()
        assert engine.start().state == "queued"

    def test_an_import_waits_for_a_sync(self, desk: Desk) -> None:
        engine = make_engine(desk.tenant, object_=desk.object)
        sync = engine.start()
        upload = desk.upload(CSV)
        with pytest.raises(Refused) as refusal:
            desk.start(upload)
        assert f"Run {sync.pk}, of “Partners”, is queued" in refusal.value.message
        assert desk.start(upload, dry=True).kind == "dry"

    def test_syncs_of_one_object_do_not_wait_for_each_other(self, desk: Desk) -> None:
        first = make_engine(desk.tenant, object_=desk.object)
        config = making.make_config(desk.tenant, name="Other system")
        second = make_engine(desk.tenant, object_=desk.object, name="Others", config=config)
        assert [one.start().state for one in (first, second)] == ["queued", "queued"]

    def test_two_imports_of_one_object(self, desk: Desk) -> None:
        desk.start(desk.upload(CSV))
        with pytest.raises(Refused, match="the import of"):
            desk.start(desk.upload(CSV, "more.csv"))

    def test_another_object_is_free(self, desk: Desk) -> None:
        desk.start(desk.upload(CSV))
        other = Desk(desk.tenant, making.make_object(desk.tenant, "other"))
        assert counts(other.run(CSV)) == {"created": 2}

    def test_a_scheduled_run_is_left_out(self, desk: Desk) -> None:
        engine = make_engine(desk.tenant, object_=desk.object)
        with door.tenant(desk.tenant.pk):
            services.set_schedule(
                engine.connection, every_minutes=1, actor=actors.COMMAND, now=desk.clock()
            )
        desk.start(desk.upload(CSV))
        engine.clock = desk.clock
        desk.clock.pass_(minutes=2)
        desk.work()
        with door.tenant(desk.tenant.pk):
            assert not SyncLog.objects.filter(connection=engine.connection).exists()


class TestTheRun:
    def test_it_goes_on_after_the_last_page(self, desk: Desk, monkeypatch: Any) -> None:
        monkeypatch.setattr(planning, "PAGE", 2)
        rows = "".join(f"C{n},Name {n}\n" for n in range(7))
        run = desk.start(desk.upload(f"code,name\n{rows}".encode()), log_all=True)
        desk.clock.pass_(seconds=1)
        claimed = leases.claim(desk.clock())
        assert claimed is not None
        slices.work(claimed, clock=desk.clock, stopping=lambda: True)
        paused = desk.fresh(run)
        assert (paused.state, paused.n_read, paused.expected) == ("running", 2, 7)
        desk.work()
        done = desk.fresh(run)
        assert (done.state, counts(done), done.pages) == ("succeeded", {"created": 7}, 4)
        assert [row.remote_id for row in desk.logs(run)] == [str(n) for n in range(2, 9)]

    def test_it_can_be_stopped_and_started_again(self, desk: Desk) -> None:
        upload = desk.upload(CSV)
        run = desk.start(upload)
        with door.tenant(desk.tenant.pk):
            services.request_stop(run, now=desk.clock())
        assert desk.fresh(run).state == "cancelled"
        again = desk.start(upload)
        desk.work()
        assert counts(desk.fresh(again)) == {"created": 2}

    def test_a_file_is_imported_once(self, desk: Desk) -> None:
        upload = desk.upload(CSV)
        desk.start(upload)
        desk.work()
        with pytest.raises(Refused, match="has imported this file already"):
            desk.start(upload)

    def test_a_dry_run_writes_nothing(self, desk: Desk) -> None:
        run = desk.start(desk.upload(CSV), dry=True)
        desk.work()
        assert counts(desk.fresh(run)) == {"created": 2}
        assert desk.stored() == {}
        with door.tenant(desk.tenant.pk):
            fresh = Upload.objects.get()
            assert fresh.run_id is None

    def test_a_dry_run_can_be_bounded(self, desk: Desk) -> None:
        upload = desk.upload(CSV)
        plan = desk.plan(upload)
        with door.tenant(desk.tenant.pk):
            run = imports.start(
                upload, plan, actor=actors.COMMAND, now=desk.clock(), dry=True, max_records=1
            )
        desk.work()
        assert counts(desk.fresh(run)) == {"created": 1}

    def test_nothing_is_applied_of_a_file_that_breaks_at_its_end(self, desk: Desk) -> None:
        rows = "".join(f"C{n},Name {n}\n" for n in range(5000))
        run = desk.run(f'code,name\n{rows}X,"never closed\n'.encode())
        assert (run.state, run.n_read) == ("failed", 0)
        assert "Row 5002 begins a cell that does not end" in run.error
        assert desk.stored() == {}

    def test_a_file_that_was_deleted(self, desk: Desk) -> None:
        upload = desk.upload(CSV)
        run = desk.start(upload)
        with door.tenant(desk.tenant.pk):
            with pytest.raises(Refused, match="Stop it first"):
                imports.delete(upload, actor=actors.COMMAND)
            UploadChunk.objects.all().delete()
        desk.work()
        assert desk.fresh(run).error == "A piece of the file is gone. Upload it again."
        with door.tenant(desk.tenant.pk):
            imports.delete(upload, actor=actors.COMMAND)
            assert not Upload.objects.exists()

    def test_an_upload_that_is_gone(self, desk: Desk) -> None:
        run = desk.start(desk.upload(CSV))
        with door.tenant(desk.tenant.pk):
            Upload.objects.all().delete()
        desk.work()
        assert desk.fresh(run).error == "The file is gone; somebody has deleted the import."

    def test_its_connection_is_nowhere_to_be_seen(self, desk: Desk) -> None:
        desk.run(CSV)
        with door.tenant(desk.tenant.pk):
            assert not Connection.objects.exists()
            assert Connection.every.get().direction == "import"

    def test_a_page_that_holds_a_clash_is_halved(self, desk: Desk) -> None:
        run = desk.run(b"code,name,vat\nC1,Anna,V1\nC2,Ben,V1\nC3,Cy,V3\n")
        assert counts(run) == {"created": 2, "rejected": 1}


class TestPlans:
    def test_columns_find_their_fields_by_name_and_label(self, desk: Desk) -> None:
        plan = desk.plan(desk.upload(b"CODE,Credit Limit,VAT number,Other\n1,2,3,4\n"))
        assert plan.mapping == {"CODE": "code", "Credit Limit": "credit", "VAT number": "vat"}
        assert plan.key == "code"

    @pytest.mark.parametrize(
        ("changes", "place", "said"),
        [
            ({"mapping": {"name": "name"}}, "mappings", "it is the primary key"),
            ({"mapping": {"code": "code"}}, "mappings", "it is required"),
            ({"mapping": {"code": "gone"}}, "mapping.0", "has no field “gone”"),
            ({"mapping": {"gone": "code"}}, "mapping", "has no column “gone”"),
            ({"mapping": {"code": "code", "name": "code"}}, "mapping.1", "filled by “code”"),
            ({"key": "city"}, "key", "neither the key nor unique"),
        ],
    )
    def test_gaps(self, desk: Desk, changes: Any, place: str, said: str) -> None:
        with pytest.raises(Invalid) as error:
            desk.start(desk.upload(CSV), **changes)
        assert said in error.value.fields[place]

    def test_a_read_only_field(self, desk: Desk) -> None:
        with door.tenant(desk.tenant.pk):
            desk.object.fields.filter(name="city").update(read_only=True)
        with pytest.raises(Invalid) as error:
            desk.start(
                desk.upload(CSV), mapping={"code": "code", "name": "name", "city": "city"}
            )
        assert error.value.fields == {"mapping.2": "City is written by runs only."}


def test_a_workbook(desk: Desk) -> None:
    with door.tenant(desk.tenant.pk):
        book = writing.workbook_of({"S": [["code", "name", "credit"], ["C1", "=A", "1.5"]]})
    run = desk.run(book, name="p.xlsx")
    assert counts(run) == {"created": 1}
    assert desk.values()["C1"]["name"] == "=A"


def test_an_xml_file(desk: Desk) -> None:
    run = desk.run(
        b"<all><p code='C1'><name>Anna</name></p><p code='C2'><name>Ben</name></p></all>",
        mapping={"@code": "code", "name": "name"},
        key="code",
    )
    assert counts(run) == {"created": 2}


def test_dates_and_numbers_as_chosen(desk: Desk) -> None:
    fields: list[dict[str, Any]] = [
        {"name": "code", "is_key": True},
        {"name": "due", "type": "date"},
        {"name": "sum", "type": "decimal"},
        {"name": "paid", "type": "boolean"},
        {"name": "more", "type": "object"},
    ]
    bills = Desk(desk.tenant, making.make_object(desk.tenant, "bill", fields=fields))
    run = bills.run(
        b'code;due;sum;paid;more\n1;31.12.2026;1.234,50;YES;"{""a"": 1}"\n'
        b"2;12/31/2026;1;NO;\n3;2026-12-31;1.5;;\n4;;2;1;{\n",
        dates="dmy_dots",
        decimal=",",
    )
    assert counts(run) == {"created": 1, "rejected": 3}
    assert bills.values()["1"] == {
        "code": "1",
        "due": "2026-12-31",
        "sum": Decimal("1234.50"),
        "paid": True,
        "more": {"a": 1},
    }


def test_large_files_are_kept_in_pieces(desk: Desk) -> None:
    note = "x" * 1000
    rows = "".join(f"C{n},{note},ä{n}\n" for n in range(2500))
    upload = desk.upload(f"code,name,city\n{rows}".encode())
    with door.tenant(desk.tenant.pk):
        assert upload.chunks.count() == 3
        assert b"".join(bytes(c.data) for c in upload.chunks.order_by("number")) == (
            f"code,name,city\n{rows}".encode()
        )
        desk.object.fields.filter(name="name").update(max_length=None)
    run = desk.start(upload)
    desk.work()
    assert counts(desk.fresh(run)) == {"created": 2500}
    assert desk.values()["C2499"]["city"] == "ä2499"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"%PDF-1.7 ...", "This is a PDF document"),
        (b"a\0b,c\n1,2\n" * 3, "it holds zero bytes"),
        (",".join(f"c{n}" for n in range(10_000)).encode(), "has 10,000 columns"),
    ],
)
def test_what_is_no_file_to_import_is_not_kept(desk: Desk, content: bytes, said: str) -> None:
    with pytest.raises(Invalid) as error:
        desk.upload(content, "x.csv")
    assert said in error.value.fields["file"]
    with door.tenant(desk.tenant.pk):
        assert not Upload.objects.exists()
        assert not UploadChunk.objects.exists()


def test_a_file_that_is_too_large(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(storage, "MAX_BYTES", 10)
    with pytest.raises(Invalid) as error:
        desk.upload(CSV)
    assert "larger than" in error.value.fields["file"]


def test_old_files_are_dropped(desk: Desk) -> None:
    desk.run(CSV)
    busy = desk.upload(CSV, "busy.csv")
    desk.start(busy)
    with door.tenant(desk.tenant.pk):
        Upload.objects.update(at=desk.clock() - keeping.UPLOADS_KEPT * 2)
    desk.upload(CSV, "new.csv")
    keeping.drop_uploads(desk.clock())
    with door.tenant(desk.tenant.pk):
        kept = Upload.objects.order_by("name").values_list("name", flat=True)
        assert list(kept) == ["busy.csv", "new.csv"]
    assert set(desk.stored()) == {"C1", "C2"}
