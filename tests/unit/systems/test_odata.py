"""OData: what is asked, and what is made of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from connections.kit.base import (
    CLEAR,
    UNSET,
    ErrorKind,
    FieldType,
    Op,
    Outcome,
    Query,
    RemoteError,
    WriteItem,
)
from connections.systems.odata import OData
from tests.unit.kit.talking import ROOT, Talk

E = "Items"


def metadata(body: str = "", sets: str = "", schema: str = "", head: str = "") -> str:
    return f"""<?xml version="1.0"?>{head}
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:DataServices><Schema Namespace="N" Alias="Self"
  xmlns="http://docs.oasis-open.org/odata/ns/edm">
 <EntityType Name="Item"><Key><PropertyRef Name="Code"/></Key>
  <Property Name="Code" Type="Edm.String" Nullable="false" MaxLength="20"/>
  <Property Name="ModifiedOn" Type="Edm.DateTimeOffset"/>
  <Property Name="Number" Type="Edm.Int32"/>
  <NavigationProperty Name="Lines" Type="Collection(Self.Line)"/>
  <NavigationProperty Name="Owner" Type="Self.Item"/>{body}
 </EntityType>
 <EntityType Name="Line"><Key><PropertyRef Name="Order"/><PropertyRef Name="No"/></Key>
  <Property Name="Order" Type="Edm.String"/><Property Name="No" Type="Edm.Int32"/>
  <Property Name="Day" Type="Edm.Date"/>
  <NavigationProperty Name="Item" Type="Self.Item"/>
 </EntityType>{schema}
 <EntityContainer Name="C"><EntitySet Name="Items" EntityType="Self.Item"/>
  <EntitySet Name="Lines" EntityType="N.Line"/>{sets}</EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


class Service(Talk):
    """Gives its metadata, and for the rest what a function says."""

    def __init__(self, answer: Callable[[httpx.Request], Any], csdl: str = "") -> None:
        self.csdl = csdl or metadata()
        super().__init__(lambda request: self.answer(request, answer))

    def answer(self, request: httpx.Request, answer: Any) -> httpx.Response:
        if request.url.path.endswith("$metadata"):
            return httpx.Response(200, content=self.csdl.encode())
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    def system(self, **settings: Any) -> Any:
        return self.open(OData, {"auth": "none", **settings})

    def read(self, cursor: Any = None, query: Any = None, **settings: Any) -> list[Any]:
        query = query or Query(E, page_size=2)
        return list(self.system(**settings).read(query, cursor))

    @property
    def asked(self) -> list[dict[str, str]]:
        return [
            dict(r.url.params) for r in self.requests if not r.url.path.endswith("$metadata")
        ]


def rows(*codes: str, **more: Any) -> dict[str, Any]:
    return {"value": [{"Code": code} for code in codes], **more}


def queue(*answers: Any) -> Callable[[httpx.Request], Any]:
    left = list(answers)
    return lambda _: left.pop(0)


def ids(pages: list[Any]) -> list[str]:
    return [record.remote_id for page in pages for record in page.records]


# --- logging in ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({"auth": "none"}, "Authorization", None),
        ({"auth": "basic", "user": "acme"}, "Authorization", "Basic YWNtZTpwdw=="),
        ({"auth": "bearer"}, "Authorization", "Bearer token-1"),
        ({"auth": "api_key"}, "X-API-Key", "token-1"),
        ({"auth": "api_key", "key_header": "Key"}, "Key", "token-1"),
    ],
)
def test_every_kind_of_login(settings: dict[str, Any], header: str, value: str | None) -> None:
    service = Service(lambda _: rows())

    system = service.open(OData, settings, {"password": "pw", "token": "token-1"})
    list(system.read(Query(E), None))

    assert service.last.headers.get(header) == value


def test_the_root_may_be_entered_in_several_ways() -> None:
    for endpoint in (ROOT, ROOT.rstrip("/"), ROOT + "$metadata"):
        service = Service(lambda _: rows())
        system = service.system()
        object.__setattr__(system.context, "endpoint", endpoint)

        list(system.read(Query(E), None))

        assert service.last.url.path == "/api/Items"


# --- reading ------------------------------------------------------------------------------


def test_the_first_page_is_asked_in_order_and_counted() -> None:
    service = Service(lambda _: rows("a", **{"@odata.count": 1}))

    (page,) = service.read()

    assert service.asked == [{"$orderby": "ModifiedOn,Code", "$count": "true"}]
    assert service.last.headers["Prefer"] == "odata.maxpagesize=2"
    assert service.last.headers["OData-MaxVersion"] == "4.0"
    assert page.expected == 1


def test_next_links_are_followed_as_they_are() -> None:
    links = ["Items?$skiptoken=a'b%20c", ROOT + "Items?x=1", "/api/Items?y=2"]
    pages = [rows(str(n), **{"@odata.nextLink": link}) for n, link in enumerate(links)]
    pages[2] = rows("2", **{"@nextLink": links[2]})
    service = Service(queue(*pages, rows("3")))

    assert ids(service.read()) == ["0", "1", "2", "3"]
    assert service.asked[1:] == [{"$skiptoken": "a'b c"}, {"x": "1"}, {"y": "2"}]


def test_a_full_page_without_link_is_asked_on_by_skip() -> None:
    service = Service(queue(rows("a", "b"), rows("c", "d"), rows("e")))

    assert ids(service.read()) == ["a", "b", "c", "d", "e"]
    assert [(q.get("$top"), q.get("$skip")) for q in service.asked] == [
        (None, None), ("2", "2"), ("2", "4"),
    ]  # fmt: skip
    assert service.asked[1]["$orderby"] == "ModifiedOn,Code"


def test_a_full_page_that_is_all_there_is_ends() -> None:
    service = Service(queue(rows("a", "b", **{"@odata.count": 2})))

    assert ids(service.read()) == ["a", "b"]


def test_the_count_of_the_first_page_ends_the_last_one() -> None:
    service = Service(queue(rows("a", "b", **{"@count": 4}), rows("c", "d")))

    assert ids(service.read()) == ["a", "b", "c", "d"]


def test_more_than_a_page_without_link_is_everything() -> None:
    service = Service(queue(rows("a", "b", "c")))

    assert ids(service.read()) == ["a", "b", "c"]


def test_a_service_that_passes_over_skip_is_noticed() -> None:
    with pytest.raises(RemoteError, match="the same page again"):
        Service(lambda _: rows("a", "b")).read()


def test_filter_and_changes_come_together() -> None:
    service = Service(lambda _: rows())
    cursor = {"v": 1, "mark": "2026-11-21T10:00:00+00:00"}

    service.read(cursor, Query(E, filter="Number gt 5 or Number eq 1"), overlap_seconds=60)

    assert service.asked[0]["$filter"] == (
        "(Number gt 5 or Number eq 1) and (ModifiedOn ge 2026-11-21T09:59:00Z)"
    )


def test_the_wanted_fields_alone_are_asked_for() -> None:
    service = Service(lambda _: rows())

    service.read(query=Query(E, fields=("Number", "Lines", "Unknown", "Number")))

    assert service.asked[0]["$select"] == "Code,ModifiedOn,Number"
    assert service.asked[0]["$expand"] == "Lines"


def test_a_selection_that_is_too_long_is_left_out() -> None:
    names = [f"VeryLongNameOfAProperty{number}" for number in range(80)]
    body = "".join(f'<Property Name="{name}" Type="Edm.String"/>' for name in names)
    service = Service(lambda _: rows(), metadata(body))

    service.read(query=Query(E, fields=tuple(names)))

    assert "$select" not in service.asked[0]


def test_a_preview_asks_for_no_more_than_it_shows() -> None:
    service = Service(lambda _: rows("a", "b", **{"@odata.nextLink": "Items?x=1"}))

    (page,) = service.read(query=Query(E, max_records=2))

    assert service.asked[0]["$top"] == "2"
    assert page.complete


def stamped(code: str, stamp: str) -> dict[str, Any]:
    return {"Code": code, "ModifiedOn": stamp}


def test_the_mark_is_taken_from_the_data() -> None:
    page = {
        "value": [stamped("a", "2026-11-20T10:00:00Z"), stamped("b", "2026-11-19T10:00:00Z")]
    }

    (read,) = Service(queue({**page, "@odata.count": 2})).read()

    assert read.cursor == {"v": 1, "mark": "2026-11-20T10:00:00+00:00"}
    assert read.records[0].changed_at is not None


def test_paging_by_key() -> None:
    first = {"value": [stamped("a", "2026-11-20T10:00:00.1234567Z"), {"Code": "b'"}]}
    service = Service(queue(first, {"value": [stamped("c", "2026-11-21T10:00:00Z")]}, rows()))

    assert ids(service.read(paging="keys")) == ["a", "b'", "c"]
    assert [q.get("$filter") for q in service.asked] == [
        None,
        "(ModifiedOn ne null) or (ModifiedOn eq null and Code gt 'b''')",
        "(ModifiedOn gt 2026-11-21T10:00:00Z) or "
        "(ModifiedOn eq 2026-11-21T10:00:00Z and Code gt 'c')",
    ]
    assert {q["$top"] for q in service.asked} == {"2"}
    assert [q.get("$count") for q in service.asked] == ["true", None, None]


def test_paging_by_a_key_that_is_not_what_it_should_be_is_named() -> None:
    odd = {"value": [{"Order": "A", "No": "one"}, {"Order": "B", "No": "two"}]}

    with pytest.raises(RemoteError, match="No is not what") as caught:
        Service(lambda _: odd).read(query=Query("Lines", page_size=2), paging="keys")

    assert caught.value.kind is ErrorKind.BAD_RESPONSE


def test_a_date_is_a_change_field_too() -> None:
    service = Service(lambda _: {"value": [{"Order": "A", "No": 1, "Day": "2026-11-20"}]})
    query = Query("Lines")

    (page,) = service.read(query=query, change_field="nothing, day")
    service.read(page.cursor, query, change_field="nothing, day", overlap_seconds=86400)

    assert page.records[0].remote_id == '["A","1"]'
    assert service.asked[1]["$filter"] == "Day ge 2026-11-19"
    assert service.asked[1]["$orderby"] == "Day,Order,No"


def test_a_set_without_change_field_is_read_as_a_whole() -> None:
    service = Service(lambda _: {"value": []})

    (page,) = service.read({"v": 1, "mark": "2026-11-20T00:00:00+00:00"}, Query("Lines"))

    assert "$filter" not in service.asked[0]
    assert page.cursor["v"] == 1


# --- delta links --------------------------------------------------------------------------


def test_delta_links_are_kept_and_tell_removals() -> None:
    gone = [
        {"@removed": {"reason": "deleted"}, "Code": "b"},
        {"@removed": {"reason": "deleted"}, "@id": ROOT + "Items('c''d')"},
        {"@removed": {}, "@odata.id": "Items('e')"},
        {"@removed": {}, "id": "nonsense"},
    ]
    service = Service(
        queue(
            rows("a", **{"@odata.nextLink": "Items?p=2"}),
            rows("b", **{"@odata.deltaLink": ROOT + "Items?$deltatoken=1"}),
            {"value": gone, "@deltaLink": "Items?$deltatoken=2"},
        )
    )

    pages = service.read(delta=True)
    (changes,) = service.read(pages[-1].cursor, delta=True)

    assert service.requests[1].headers["Prefer"] == "odata.track-changes, odata.maxpagesize=2"
    assert "$orderby" not in service.asked[0]
    assert pages[-1].cursor == {"v": 1, "delta": "/api/Items?$deltatoken=1"}
    assert service.asked[-1] == {"$deltatoken": "1"}
    assert [record.remote_id for record in changes.records] == ["b", "c'd", "e", None]
    assert all(record.deleted for record in changes.records)
    assert changes.cursor["delta"] == "/api/Items?$deltatoken=2"


@pytest.mark.parametrize(
    "stored", [{"delta": "/api/Items?d=1"}, {"at": {"url": "/api/Items?p=9"}}]
)
def test_a_stored_link_that_is_gone_means_from_the_start(stored: dict[str, Any]) -> None:
    service = Service(
        queue(httpx.Response(410), rows("a", **{"@odata.deltaLink": "Items?d=2"}))
    )

    (page,) = service.read({"v": 1, **stored}, delta=True)

    assert ids([page]) == ["a"]
    assert service.asked[1] == {"$count": "true"}


def test_a_link_that_is_gone_in_the_middle_is_an_error() -> None:
    service = Service(queue(rows("a", **{"@odata.nextLink": "Items?p=2"}), httpx.Response(410)))

    with pytest.raises(RemoteError) as caught:
        service.read()

    assert caught.value.http_status == 410


def test_other_trouble_with_a_stored_link_is_an_error() -> None:
    service = Service(queue(httpx.Response(403)))

    with pytest.raises(RemoteError):
        service.read({"v": 1, "delta": "/api/Items?d=1"}, delta=True)


# --- looking up ---------------------------------------------------------------------------


def test_many_keys_are_looked_up_with_few_requests() -> None:
    service = Service(lambda _: rows())

    service.system().find(E, [{"Code": f"{number:015}"} for number in range(120)])

    assert 3 <= len(service.asked) <= 4
    assert all(len(query["$filter"]) < 2500 for query in service.asked)
    assert "$orderby" not in service.asked[0]
    assert service.asked[0]["$filter"].startswith("(Code eq '000000000000000') or (Code eq ")


def test_keys_that_no_record_can_have_are_not_asked_for() -> None:
    service = Service(lambda _: rows())

    assert service.system().find(E, [{"Number": "1 or 1 eq 1"}, {"Number": ""}]) == [[], []]
    assert service.asked == []


def test_a_field_that_does_not_exist_is_named() -> None:
    with pytest.raises(RemoteError, match="no field 'Nonsense'"):
        Service(lambda _: rows()).system().find(E, [{"Nonsense": "1"}])


def test_at_most_two_are_given_and_case_counts_only_if_it_must() -> None:
    answer = rows("A", "a", "b", "B1", "B1")
    service = Service(lambda _: answer)

    found = service.system().find(
        E, [{"Code": "A"}, {"Code": "B"}, {"Code": "B1"}, {"Code": "C"}]
    )

    assert [[r.remote_id for r in records] for records in found] == [
        ["A"], ["b"], ["B1", "B1"], [],
    ]  # fmt: skip


# --- writing ------------------------------------------------------------------------------


def written(service: Service, op: Op, entity: str = E, **more: Any) -> Any:
    return service.system().write(entity, [WriteItem(0, op, **{"key": {}, **more})])[0]


def test_create_sends_what_is_given_and_reads_the_key() -> None:
    service = Service(
        lambda _: httpx.Response(
            201,
            json={"@odata.etag": "W/1", "Code": "new", "Number": 1},
            headers={"ETag": "W/1"},
        )
    )

    result = written(
        service, Op.CREATE, values={"Code": "new", "Number": CLEAR, "ModifiedOn": UNSET}
    )

    assert service.last.method == "POST"
    assert service.last.content == b'{"Code":"new","Number":null}'
    assert (result.outcome, result.remote_id, result.version) == (Outcome.CREATED, "new", "W/1")
    assert result.answer == {"Code": "new", "Number": 1}


@pytest.mark.parametrize(
    ("header", "value", "entity", "remote_id"),
    [
        ("OData-EntityId", ROOT + "Items('it%27%27s')", E, "it's"),
        ("Location", ROOT + "Lines(Order='A,1',No=2)", "Lines", '["A,1","2"]'),
        ("Location", ROOT + "Items", E, None),
    ],
)
def test_a_create_without_body_reads_the_key_from_its_address(
    header: str, value: str, entity: str, remote_id: str | None
) -> None:
    service = Service(lambda _: httpx.Response(204, headers={header: value}))

    assert written(service, Op.CREATE, entity).remote_id == remote_id


def test_update_and_delete_never_create() -> None:
    service = Service(lambda _: httpx.Response(204))

    updated = written(service, Op.UPDATE, remote_id="it's/1", values={"Number": 1})
    assert (service.last.method, service.last.headers["If-Match"]) == ("PATCH", "*")
    assert service.last.url.raw_path in (
        b"/api/Items('it''s%2F1')",
        b"/api/Items(%27it%27%27s%2F1%27)",
    )
    deleted = written(service, Op.DELETE, remote_id="a", if_version='W/"7"')

    assert (service.last.method, service.last.headers["If-Match"]) == ("DELETE", 'W/"7"')
    assert (updated.outcome, deleted.outcome) == (Outcome.UPDATED, Outcome.DELETED)


def test_a_record_is_addressed_by_its_key_if_it_has_no_remote_id() -> None:
    service = Service(lambda _: httpx.Response(204))

    written(service, Op.UPDATE, "Lines", key={"Order": "A", "No": "2"}, values={})

    assert service.last.url.path == "/api/Lines(Order='A',No=2)"


@pytest.mark.parametrize(
    "more",
    [
        {"remote_id": "not two parts"},
        {"key": {"Order": "A"}},
        {"key": {"Order": "A", "No": "x"}},
    ],
)
def test_a_key_that_cannot_be_is_refused_for_the_record(more: dict[str, Any]) -> None:
    result = written(Service(lambda _: rows()), Op.UPDATE, "Lines", **more)

    assert result.outcome is Outcome.REJECTED
    assert "not one of Lines" in result.error.message


def test_what_odata_cannot_do_is_said() -> None:
    result = written(Service(lambda _: rows()), Op.DEACTIVATE, remote_id="a")

    assert result.error.kind is ErrorKind.UNSUPPORTED


@pytest.mark.parametrize(
    ("body", "code", "field", "words"),
    [
        (
            {"error": {"code": "X1", "message": "Bad", "target": "BillTo/City"}},
            "X1", "BillTo.City", "Bad",
        ),
        (
            {"error": {"code": "", "message": "Bad", "details": [{"message": "Too long", "target": "Name"}, 5]}},
            None, "Name", "Too long",
        ),
        (
            {"odata.error": {"code": -2028, "message": {"lang": "en", "value": "Not here"}}},
            "-2028", None, "422",
        ),
        ({"error": "plain"}, None, None, "plain"),
        ([], None, None, "422"),
    ],
)  # fmt: skip
def test_errors_say_code_field_and_words(
    body: Any, code: str | None, field: str | None, words: str
) -> None:
    service = Service(lambda _: httpx.Response(422, json=body))

    error = written(service, Op.UPDATE, remote_id="a").error

    assert (error.code, error.field_name) == (code, field)
    assert words in error.message


def test_an_error_that_is_no_json_is_an_error_all_the_same() -> None:
    service = Service(lambda _: httpx.Response(500, html="<h1>Oops</h1>"))

    error = written(service, Op.UPDATE, remote_id="a").error

    assert error.kind is ErrorKind.TRANSIENT
    assert error.sent


# --- the test of a config -----------------------------------------------------------------


def checked(service: Service, **settings: Any) -> Any:
    system = service.open(OData, {"user": "acme", **settings}, {"password": "pw"})
    return list(system.check(entities=[E]))


def test_a_root_that_is_open_to_everybody_proves_no_login() -> None:
    def app(request: httpx.Request) -> Any:
        if request.url.path == "/api/":
            return {"value": []}
        return rows() if "Authorization" not in request.headers else httpx.Response(401)

    lines = checked(Service(app))

    assert (lines[-1].name, lines[-1].ok) == ("auth", False)


def test_a_set_that_may_not_be_read_proves_the_login_all_the_same() -> None:
    service = Service(lambda r: {"value": []} if r.url.path == "/api/" else httpx.Response(403))

    lines = checked(service)

    assert [(line.name, line.ok) for line in lines][-2:] == [
        ("auth", True),
        ("read:Items", False),
    ]
    assert lines[-2].account == ("erp.example/api", "erp.example/api")


@pytest.mark.parametrize("answer", [{"hello": "world"}, [], {"value": "x"}])
def test_an_address_that_is_no_service_root_is_named(answer: Any) -> None:
    lines = checked(Service(lambda _: answer))

    assert (lines[-1].name, lines[-1].ok) == ("auth", False)
    assert "not the root of an OData service" in lines[-1].message


def test_an_address_without_metadata_is_named() -> None:
    talk = Talk(lambda _: httpx.Response(404))

    with pytest.raises(RemoteError, match=r"no \$metadata") as caught:
        talk.open(OData, {"auth": "none"}).entities()

    assert caught.value.kind is ErrorKind.CONFIG


def test_metadata_that_may_not_be_read_is_another_error() -> None:
    talk = Talk(lambda _: httpx.Response(403))

    with pytest.raises(RemoteError) as caught:
        talk.open(OData, {"auth": "none"}).entities()

    assert caught.value.kind is ErrorKind.PERMISSION


# --- what a service says about itself -----------------------------------------------------


RICH = metadata(
    body="""
  <Property Name="Kind" Type="Self.Kind" Nullable="false" DefaultValue="A"/>
  <Property Name="BillTo" Type="N.Address" Nullable="false">
   <Annotation Term="Org.OData.Core.V1.Description" String="Bill to"/></Property>
  <Property Name="Tags" Type="Collection(Edm.String)" Nullable="false"/>
  <Property Name="Photo" Type="Edm.Stream"/>
  <Property Name="Total" Type="Edm.Decimal" Scale="4" Nullable="false">
   <Annotation Term="Org.OData.Core.V1.Computed"/></Property>
  <Property Name="Free" Type="Edm.Double" Nullable="false"/>
  <Property Name="Notes" Type="Edm.String" MaxLength="4000"/>
  <Property Name="Memo" Type="Edm.String" MaxLength="max"/>
  <Property Name="At" Type="Edm.TimeOfDay"/><Property Name="On" Type="Edm.Date"/>
  <Property Name="Ok" Type="Edm.Boolean"/><Property Name="Ref" Type="Edm.Guid"/>""",
    schema="""
 <EnumType Name="Kind"><Member Name="A" Value="0"/><Member Name="B" Value="1"/></EnumType>
 <ComplexType Name="Place"><Property Name="City" Type="Edm.String"/></ComplexType>
 <ComplexType Name="Address" BaseType="Self.Place">
  <Property Name="Inner" Type="Self.Address"/></ComplexType>
 <EntityType Name="Special" BaseType="Self.Item"><Property Name="Extra" Type="Edm.String"/>
 </EntityType>
 <EntityType Name="Round" BaseType="Self.Round"/>
 <Annotations Target="Self.Item/Free">
  <Annotation Term="Core.Computed" Bool="false"/>
  <Annotation Term="com.sap.vocabularies.Common.v1.Label" String="Free amount"/></Annotations>
 <Annotations Target="Self.C/Lines">
  <Annotation Term="Org.OData.Capabilities.V1.DeleteRestrictions"><Record>
   <PropertyValue Property="Deletable" Bool="false"/></Record></Annotation></Annotations>""",
    sets="""<EntitySet Name="Specials" EntityType="Self.Special">
   <Annotation Term="Org.OData.Capabilities.V1.InsertRestrictions"><Record>
    <PropertyValue Property="Insertable" Bool="false"/></Record></Annotation></EntitySet>
  <EntitySet Name="Rounds" EntityType="Self.Round"/>
  <EntitySet Name="Odd" EntityType="Self.Nowhere"/>""",
)


def described(csdl: str, **settings: Any) -> dict[str, Any]:
    system = Service(lambda _: rows(), csdl).system(**settings)
    return {entity.name: entity for entity in system.entities()}


def test_fields_are_described_in_our_words() -> None:
    entities = described(RICH)
    fields = {field.name: field for field in entities[E].fields}

    assert (fields["Code"].key, fields["Code"].unique, fields["Code"].max_length) == (
        True,
        True,
        20,
    )
    assert fields["Kind"].type is FieldType.CHOICE
    assert fields["Kind"].choices == (("A", "A"), ("B", "B"))
    assert not fields["Kind"].required
    assert (fields["BillTo"].type, fields["BillTo"].label) == (FieldType.OBJECT, "Bill to")
    assert [field.name for field in fields["BillTo"].fields] == ["City", "Inner"]
    assert fields["Tags"].type is FieldType.LIST
    assert not fields["Tags"].required
    assert "Photo" not in fields
    assert (fields["Total"].writable, fields["Total"].required) == (False, False)
    assert fields["Total"].scale == 4
    assert (fields["Free"].writable, fields["Free"].required) == (True, True)
    assert fields["Free"].label == "Free amount"
    assert fields["Notes"].type is FieldType.LONG_TEXT
    assert (fields["Memo"].type, fields["Memo"].max_length) == (FieldType.TEXT, None)
    assert [fields[name].type for name in ("At", "On", "Ok", "Ref")] == [
        FieldType.TIME, FieldType.DATE, FieldType.BOOLEAN, FieldType.TEXT,
    ]  # fmt: skip


def test_lists_of_others_are_fields_and_single_others_are_not() -> None:
    fields = {field.name: field for field in described(metadata())[E].fields}

    assert fields["Lines"].type is FieldType.LIST
    assert [field.name for field in fields["Lines"].fields] == ["Order", "No", "Day"]
    assert "Owner" not in fields


def test_types_inherit_and_circles_end() -> None:
    entities = described(RICH)

    assert entities["Specials"].key == ("Code",)
    assert {"Code", "Extra"} <= {field.name for field in entities["Specials"].fields}
    assert entities["Rounds"].fields == ()
    assert entities["Odd"].fields == ()
    assert entities["Odd"].caps.ops == frozenset()


def test_what_a_set_can_do() -> None:
    entities = described(RICH)

    assert entities["Specials"].caps.ops == {Op.UPDATE, Op.DELETE}
    assert entities["Lines"].caps.ops == {Op.CREATE, Op.UPDATE}
    assert (entities[E].caps.since, entities[E].change_field) == ("time", "ModifiedOn")
    assert (entities["Lines"].caps.since, entities["Lines"].change_field) == ("none", None)
    assert described(RICH, delta=True)[E].caps.deletes == "feed"
    assert described(RICH, change_field="on")[E].change_field == "On"


@pytest.mark.parametrize(
    ("csdl", "kind", "words"),
    [
        ("not xml", ErrorKind.BAD_RESPONSE, "is not XML"),
        ("<html><body/></html>", ErrorKind.BAD_RESPONSE, "begins with <html>"),
        (
            metadata(head="<!DOCTYPE x [<!ENTITY a 'b'>]>"),
            ErrorKind.BAD_RESPONSE,
            "document type",
        ),
        (
            metadata().replace('Version="4.0"', 'Version="1.0"'),
            ErrorKind.CONFIG,
            "before version 4",
        ),
        ("<x>" + "y" * 30_000_001 + "</x>", ErrorKind.BAD_RESPONSE, "larger than 30 MB"),
    ],
    ids=["text", "html", "doctype", "version", "huge"],
)
def test_metadata_that_is_none(csdl: str, kind: ErrorKind, words: str) -> None:
    with pytest.raises(RemoteError, match=words) as caught:
        described(csdl)

    assert caught.value.kind is kind


def test_metadata_reads_no_files() -> None:
    head = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'

    with pytest.raises(RemoteError, match="document type"):
        described(metadata("&a;", head=head))
