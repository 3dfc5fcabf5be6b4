"""What every system type promises, proven against its other side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import connections.systems
from connections import registry
from connections.kit.base import (
    CLEAR,
    UNSET,
    ErrorKind,
    Op,
    Outcome,
    Page,
    Query,
    RemoteError,
    System,
    WriteItem,
)
from connections.kit.lines import close_lines
from syncapp import canonical
from tests.contract.partners import (
    ENTITY,
    KEY,
    LINKED,
    PARTNERS,
    SECRET,
    HttpPartner,
    InternalPartner,
    Partner,
    SandboxPartner,
    item,
)
from tests.contract.servers import Reply, Request, serving

WIRED = [cls for cls in PARTNERS if cls.wired]
ELSEWHERE = {"upload"}
"""A file is no partner that others change: `tests/integration/sync/test_imports.py` holds it."""
LOGGED_IN = [cls for cls in PARTNERS if cls is not InternalPartner]


def ids(pages: list[Page]) -> list[str | None]:
    return [record.remote_id for page in pages for record in page.records]


def read(system: System, cursor: Any = None, **query: Any) -> list[Page]:
    return list(system.read(Query(ENTITY, **{"page_size": 3, **query}), cursor))


def write(system: System, op: Op, number: int = 1, **values: Any) -> Any:
    key = f"A-{number:03}"
    remote_id = None if op is Op.CREATE else key
    given = values if op is not Op.CREATE else {KEY: key, **values}
    return system.write(ENTITY, [WriteItem(0, op, {KEY: key}, given, remote_id)])[0]


@pytest.fixture(params=PARTNERS, ids=lambda cls: cls.__name__)
def partner(request: pytest.FixtureRequest) -> Iterator[Partner]:
    made = request.param()
    yield made
    if isinstance(made, HttpPartner):
        made.close()
    close_lines()


@pytest.fixture(params=WIRED, ids=lambda cls: cls.__name__)
def wired(request: pytest.FixtureRequest) -> Iterator[HttpPartner]:
    made = request.param()
    made.put(*map(item, range(1, 8)))
    yield made
    made.close()
    close_lines()


# --- the registry -------------------------------------------------------------------------


def test_every_file_of_a_system_is_in_the_registry_and_tested() -> None:
    folder = Path(next(iter(connections.systems.__path__)))
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}

    assert {path.split(".")[2] for path in registry.SYSTEM_TYPES.values()} == files
    assert {cls.key for cls in PARTNERS} | ELSEWHERE == set(registry.SYSTEM_TYPES)
    assert registry.problems() == []


@pytest.mark.parametrize("path", registry.SYSTEM_TYPES.values())
def test_every_system_documents_itself(path: str) -> None:
    text = import_module(path.rpartition(".")[0]).__doc__ or ""
    headings = ["Source", "Auth", "Paging", "Limits", "Errors", "Quirks"]

    assert [line for line in text.splitlines() if line in headings] == headings


# --- reading ------------------------------------------------------------------------------


def test_pages_end_and_concatenate(partner: Partner) -> None:
    partner.put(*map(item, range(1, 11)))

    pages = read(partner.open())

    assert ids(pages) == [f"A-{number:03}" for number in range(1, 11)]
    assert [page.complete for page in pages] == [*[False] * (len(pages) - 1), True]


@pytest.mark.parametrize("count", [0, 1, 3, 6])
def test_every_number_of_records_ends(partner: Partner, count: int) -> None:
    partner.put(*map(item, range(1, count + 1)))

    pages = read(partner.open())

    assert len(ids(pages)) == count
    assert pages[-1].complete


def test_a_cursor_is_json_and_resumes(partner: Partner) -> None:
    partner.put(*map(item, range(1, 11)))
    pages = read(partner.open())

    for place, page in enumerate(pages[:-1]):
        cursor = canonical.loads(canonical.dumps(page.cursor))
        resumed = ids(read(partner.open(), cursor))
        assert ids(pages[: place + 1]) + resumed == ids(pages)


def test_the_last_cursor_leads_to_what_has_changed(partner: Partner) -> None:
    overlap = {"overlap_seconds": 0} if partner.key == "odata" else {}
    partner.put(*map(item, range(1, 8)))
    last = read(partner.open(**overlap))[-1]
    partner.put(item(2, Name="Changed"), item(9))

    cursor = canonical.loads(canonical.dumps(last.cursor))
    pages = read(partner.open(**overlap), cursor)

    changed = {record.remote_id: record.values["Name"] for p in pages for record in p.records}
    assert changed["A-002"] == "Changed"
    assert "A-009" in changed
    assert len(changed) <= 3  # the newest of before may come again, the others not
    assert ids(read(partner.open(), pages[-1].cursor))[-1:] in ([], ["A-009"])


def test_a_cursor_of_another_version_means_the_start(partner: Partner) -> None:
    partner.put(*map(item, range(1, 4)))

    assert len(ids(read(partner.open(), {"v": 99, "seq": 2, "mark": "x"}))) == 3


def test_no_more_records_than_asked_for(partner: Partner) -> None:
    partner.put(*map(item, range(1, 11)))

    pages = read(partner.open(), max_records=4)

    assert len(ids(pages)) == 4
    assert pages[-1].complete


def test_values_are_exact_and_unknown_fields_survive(partner: Partner) -> None:
    given = item(1, Odd=Decimal("12345678901234567.123456789"), Deep={"Ü": [1, None, "x"]})
    partner.put(given)

    values = read(partner.open())[0].records[0].values

    assert {name: values[name] for name in given} == given
    assert str(values["Price"]) == "1.50"
    assert not [name for name in values if "@" in name]


def test_equal_records_have_equal_bytes(partner: Partner) -> None:
    partner.put(*map(item, range(1, 4)))

    first, second = read(partner.open()), read(partner.open())

    assert [r.raw for p in first for r in p.records] == [
        r.raw for p in second for r in p.records
    ]


def test_a_record_without_id_has_none(wired: HttpPartner) -> None:
    wired.twist = lambda page: _with_first(page, {"Name": "no key"})

    records = read(wired.open())[0].records

    assert records[0].remote_id is None
    assert records[1].remote_id == "A-002"


def _with_first(page: dict[str, Any], record: Any) -> dict[str, Any]:
    name = "value" if "value" in page else "data"
    return {**page, name: [record, *page[name][1:]]}


def test_a_record_that_is_no_record_concerns_itself_alone(wired: HttpPartner) -> None:
    wired.twist = lambda page: _with_first(page, ["not", "a", "record"])

    records = read(wired.open())[0].records

    assert records[0].remote_id is None
    with pytest.raises(ValueError, match="not a JSON object"):
        _ = records[0].values
    assert records[1].values["Name"] == "Item 2"


def stuck() -> Callable[[Any], Any]:
    """Give the first page again and again."""
    first: list[Any] = []

    def twist(page: Any) -> Any:
        first.append(page)
        return first[0]

    return twist


def test_a_page_that_repeats_is_an_error(wired: HttpPartner) -> None:
    wired.twist = stuck()

    with pytest.raises(RemoteError, match="the same page again") as caught:
        read(wired.open())

    assert caught.value.kind is ErrorKind.BAD_RESPONSE


def test_a_page_that_repeats_is_noticed_by_the_next_slice(wired: HttpPartner) -> None:
    cursor = next(wired.open().read(Query(ENTITY, page_size=3), None)).cursor
    wired.twist = stuck()
    next(wired.open().read(Query(ENTITY, page_size=3), None))

    with pytest.raises(RemoteError, match="the same page again"):
        read(wired.open(), cursor)


def test_the_sandbox_notices_a_page_that_repeats() -> None:
    partner = SandboxPartner()
    partner.put(*map(item, range(1, 8)))
    partner.repeat()

    with pytest.raises(RemoteError, match="the same page again"):
        read(partner.open())


@pytest.mark.parametrize("cls", LINKED)
def test_a_next_link_to_another_host_is_not_followed(cls: type[HttpPartner]) -> None:
    partner = cls()
    partner.put(*map(item, range(1, 8)))
    with serving(lambda _: Reply(json={})) as other:
        link = f"{other.url}/steal"
        partner.twist = lambda page: {**page, "@odata.nextLink": link, "meta": {"next": link}}

        with pytest.raises(RemoteError, match="leads away") as caught:
            read(partner.open())
        partner.close()

        assert caught.value.kind is ErrorKind.BAD_RESPONSE
        assert other.requests == []


# --- looking up and writing ---------------------------------------------------------------


def test_create_find_update_delete(partner: Partner) -> None:
    system = partner.open()

    created = write(system, Op.CREATE, Name="New", Price=Decimal("2.50"))
    assert (created.outcome, created.remote_id) == (Outcome.CREATED, "A-001")

    (found,) = system.find(ENTITY, [{KEY: "A-001"}])[0]
    assert found.remote_id == "A-001"
    assert found.values["Price"] == Decimal("2.50")

    for _ in range(2):
        updated = write(system, Op.UPDATE, Name="Newer", Price=CLEAR, Other=UNSET)
        assert updated.outcome in {Outcome.UPDATED, Outcome.UNCHANGED}
    values = partner.values()["A-001"]
    assert values["Name"] == "Newer"
    assert values["Price"] is None
    assert "Other" not in values

    for _ in range(2):
        assert write(system, Op.DELETE).outcome is Outcome.DELETED
    assert system.find(ENTITY, [{KEY: "A-001"}]) == [[]]
    assert write(system, Op.UPDATE, Name="Gone").outcome is Outcome.REJECTED


def test_what_is_found_stands_in_the_order_of_the_keys(partner: Partner) -> None:
    partner.put(*map(item, range(1, 6)))
    keys = ["A-004", "none", "A-001", "it's", "A-004"]

    found = partner.open().find(ENTITY, [{KEY: key} for key in keys])

    assert [[record.remote_id for record in records] for records in found] == [
        ["A-004"], [], ["A-001"], [], ["A-004"],
    ]  # fmt: skip


def test_one_result_for_each_item(partner: Partner) -> None:
    partner.put(item(2))
    items = [
        WriteItem(7, Op.CREATE, {KEY: "A-001"}, {KEY: "A-001", "Name": "One"}),
        WriteItem(8, Op.UPDATE, {KEY: "A-002"}, {"Name": "Two"}, "A-002"),
        WriteItem(9, Op.CREATE, {KEY: "A-003"}, {KEY: "A-003", "Name": "Three"}),
    ]

    results = partner.open().write(ENTITY, items)

    assert {result.index: result.outcome for result in results} == {
        7: Outcome.CREATED,
        8: Outcome.UPDATED,
        9: Outcome.CREATED,
    }


def test_a_refused_value_is_named_and_the_rest_goes_through(wired: HttpPartner) -> None:
    items = [
        WriteItem(0, Op.UPDATE, {}, {"Name": ""}, "A-001"),
        WriteItem(1, Op.UPDATE, {}, {"Name": "Two"}, "A-002"),
    ]

    refused, written = wired.open().write(ENTITY, items)

    assert refused.outcome is Outcome.REJECTED
    assert refused.error is not None
    assert refused.error.kind is ErrorKind.VALIDATION
    assert refused.error.field_name == "Name"
    assert "Name must not be empty." in refused.error.message
    assert written.outcome is Outcome.UPDATED


def test_a_create_that_exists_is_a_conflict(wired: HttpPartner) -> None:
    assert write(wired.open(), Op.CREATE, 1, Name="Again").outcome is Outcome.CONFLICT


def test_an_answer_that_got_lost_leaves_the_outcome_unknown(wired: HttpPartner) -> None:
    def lost(request: Request) -> Reply | None:
        return Reply(pieces=lambda: iter(())) if request.method == "POST" else None

    wired.trouble = lost

    result = write(wired.open(), Op.CREATE, 99, Name="Perhaps")

    assert result.outcome is Outcome.UNKNOWN
    assert result.error.sent


def test_what_is_not_attempted_may_be_sent_again(wired: HttpPartner) -> None:
    replies = iter([None, Reply(429, headers={"Retry-After": "60"})])
    wired.trouble = lambda request: next(replies) if request.method == "PATCH" else None
    items = [WriteItem(n, Op.UPDATE, {}, {"Name": "x"}, f"A-00{n}") for n in (1, 2, 3)]

    results = wired.open().write(ENTITY, items)

    assert [result.outcome for result in results] == [
        Outcome.UPDATED,
        Outcome.RETRYABLE,
        Outcome.RETRYABLE,
    ]


def test_a_call_that_cannot_begin_is_an_error(wired: HttpPartner) -> None:
    with pytest.raises(RemoteError) as caught:
        write(wired.open(password="wrong"), Op.UPDATE, Name="x")

    assert caught.value.kind is ErrorKind.AUTH
    assert wired.values()["A-001"]["Name"] == "Item 1"


# --- trouble ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorKind.VALIDATION),
        (401, ErrorKind.AUTH),
        (402, ErrorKind.QUOTA),
        (403, ErrorKind.PERMISSION),
        (404, ErrorKind.NOT_FOUND),
        (405, ErrorKind.UNSUPPORTED),
        (409, ErrorKind.CONFLICT),
        (412, ErrorKind.CONFLICT),
        (422, ErrorKind.VALIDATION),
        (429, ErrorKind.RATE),
        (500, ErrorKind.TRANSIENT),
        (503, ErrorKind.TRANSIENT),
    ],
)
def test_statuses_say_who_must_act(wired: HttpPartner, status: int, kind: ErrorKind) -> None:
    system = wired.open()
    read(system)
    headers = {"Retry-After": "600"}  # so that nobody waits here
    wired.trouble = lambda _: Reply(
        status, json={"error": {"code": 7, "message": "No."}}, headers=headers
    )

    with pytest.raises(RemoteError) as caught:
        read(system)

    assert caught.value.kind is kind
    assert caught.value.http_status == status
    assert caught.value.retry_after == timedelta(seconds=600)
    assert "No." in caught.value.message


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(body=b"<html>Please log in</html>", type="text/html"), "web page"),
        (Reply(body=b'{"value":[{"Code":"A"}],"data":[{"Co'), "cut off"),
        (Reply(body=b""), "nothing"),
        (Reply(json={"value": None, "data": None}), "without a list"),
        (Reply(json={"value": {"a": 1}, "data": {"a": 1}}), "another shape"),
        (Reply(body='{"value":["Ü"],"data":["Ü"]}'.encode("latin-1")), "not valid utf-8"),
        (Reply(body=b'{"deep":' + b"[" * 5000), "nested"),
    ],
    ids=["html", "cut off", "empty", "no list", "shape", "charset", "bomb"],
)
def test_an_answer_that_is_not_what_it_should_be_is_named(
    wired: HttpPartner, reply: Reply, problem: str
) -> None:
    system = wired.open()
    read(system)
    wired.trouble = lambda _: reply

    with pytest.raises(RemoteError) as caught:
        read(system)

    assert caught.value.kind is ErrorKind.BAD_RESPONSE
    assert problem in caught.value.message


def test_login_is_sent_and_never_shown(
    wired: HttpPartner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    system = wired.open()
    shown = [repr(system.context), repr(system)]
    read(system)
    assert wired.knows(wired.server.requests[-1])
    wired.trouble = lambda request: Reply(
        401, json={"error": {"message": f"Bad login {SECRET} {dict(request.headers)}"}}
    )

    with pytest.raises(RemoteError) as caught:
        read(system)

    error = caught.value
    shown += [repr(error), str(error.detail), error.message, repr(error.__context__)]
    shown += [caplog.text, repr(wired.recorder.exchanges)]
    assert wired.recorder.exchanges
    assert SECRET not in "\n".join(shown)
    assert "YWNtZTpzM2NyZXQtb2YtYWNtZQ" not in "\n".join(shown)


# --- the test of a config -----------------------------------------------------------------


def test_a_good_config_passes_every_line(partner: Partner) -> None:
    partner.put(*map(item, range(1, 4)))

    lines = list(partner.open().check(entities=[ENTITY]))

    assert all(line.ok for line in lines), lines
    names = [line.name for line in lines]
    assert f"read:{ENTITY}" in names
    (auth,) = [line for line in lines if line.name == "auth"]
    assert auth.account is not None
    if partner.wired:
        assert names == ["address", "tls", "reach", "auth", f"read:{ENTITY}", "clock"]


@pytest.mark.parametrize("partner", LOGGED_IN, indirect=True)
def test_a_wrong_password_stops_at_the_login(partner: Partner) -> None:
    lines = list(partner.open(password="wrong").check(entities=[ENTITY]))

    assert lines[-1].name == "auth"
    assert [line.ok for line in lines][-1] is False
    assert "Check the" in lines[-1].message


@pytest.mark.parametrize("partner", LOGGED_IN, indirect=True)
def test_an_entity_that_does_not_exist_is_named(partner: Partner) -> None:
    with pytest.raises(RemoteError, match="Nonsense") as caught:
        list(partner.open().read(Query("Nonsense"), None))

    assert caught.value.kind is ErrorKind.CONFIG


def test_entities_are_described(partner: Partner) -> None:
    partner.put(item(1))

    (entity,) = partner.open().entities()

    assert entity.name == ENTITY
    assert entity.key == (KEY,)
    fields = {field.name: field for field in entity.fields}
    assert fields[KEY].key
    assert "Name" in fields
    assert Op.UPDATE in entity.caps.ops


def test_closing_never_fails(partner: Partner) -> None:
    system = partner.open()

    system.close()
    system.close()
