"""OData: looking up, writing, testing a config, and what a service says about itself."""

from __future__ import annotations

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
    RemoteError,
    WriteItem,
)
from connections.systems.odata import OData
from tests.every import every
from tests.unit.kit.talking import ROOT, Talk
from tests.unit.systems.odata_service import E, Service, metadata, rows

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


@every(
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


@every(
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


@every(
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


@every("answer", [{"hello": "world"}, [], {"value": "x"}])
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


@every(
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
)
def test_metadata_that_is_none(csdl: str, kind: ErrorKind, words: str) -> None:
    with pytest.raises(RemoteError, match=words) as caught:
        described(csdl)

    assert caught.value.kind is kind


def test_metadata_reads_no_files() -> None:
    head = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'

    with pytest.raises(RemoteError, match="document type"):
        described(metadata("&a;", head=head))
