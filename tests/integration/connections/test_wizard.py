"""The Connect Wizard: nothing exists before Finish and all of it after; drafts are one's own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from connections import discovery, registry, services
from connections.kit.world import World
from connections.models import Connection, ConnectionConfig, Connector, WizardDraft
from connections.wizard import drafting
from connections.wizard.finish import Unfinished, finish
from connections.wizard.plan import Plan, read_plan
from objects.models import ConnectField, ConnectObject
from syncapp.errors import Changed, NotThere, Refused
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Membership, Tenant
from synclogs.models import SyncLog
from tests import make, making
from tests.make import NOW

WIZARD = "/t/acme/wizard/"


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


def step(draft: int, number: int) -> str:
    return f"{WIZARD}{draft}/step/{number}/"


def etag(page: str) -> str:
    found = re.search(r'name="etag" value="(\d+)"', page)
    assert found
    return found[1]


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer the sandbox in forms, which it otherwise is not."""
    monkeypatch.setattr(registry.system_type("sandbox"), "listed", True)


def told(answer: Any) -> str:
    """What a page says went wrong."""
    found = re.findall(r'field-error"[^>]*>.*?<span>(.*?)</span>', text(answer), re.S)
    return f"{answer.status_code}: {found}"


@pytest.fixture
def config(acme: Tenant, world: World) -> ConnectionConfig:
    made = making.make_config(acme)
    discovery.discover(made, now=lambda: NOW)
    return made


@pytest.fixture
def draft(alices: Client) -> int:
    """A draft that alice has just begun."""
    answer = alices.post(f"{WIZARD}begin/")
    found = re.search(r"/wizard/(\d+)/step/1/", answer["Location"])
    assert found
    return int(found[1])


def plan_of(acme: Tenant, pk: int) -> Plan:
    with door.tenant(acme.pk):
        return read_plan(WizardDraft.objects.for_tenant(acme).get(pk=pk).data)


def describe(alices: Client, pk: int, config: ConnectionConfig, **more: Any) -> None:
    """Take the first three steps: partners come in, into a new object."""
    alices.post(step(pk, 1), {"name": "Customer sync", "description": "", "_next": "1"})
    side = {"system_type": "sandbox", "config": config.pk, "entity": making.ENTITY}
    alices.post(step(pk, 2), {"system_type": "sandbox", "_redraw": "1"})
    alices.post(step(pk, 2), {**side, "origin": "existing", "_redraw": "1"})
    alices.post(step(pk, 2), {**side, "origin": "system", "_redraw": "1"})
    chosen = {
        "origin": "system",
        "object_name": "ERP partners",
        "object_type": "erppartner",
        "fields_": ["CardCode", "CardName"],
        "primary_key": "CardCode",
    }
    answer = alices.post(step(pk, 2), {**side, **chosen, "_next": "1", **more})
    assert answer.status_code == 303, told(answer)
    alices.post(step(pk, 3), {"skip": "on", "_next": "1"})


def nothing_exists(acme: Tenant) -> bool:
    with door.tenant(acme.pk):
        return not any(
            model.objects.for_tenant(acme).exists()
            for model in (Connector, Connection, ConnectObject, ConnectField)
        )


def test_nothing_exists_before_finish_and_all_of_it_after(
    acme: Tenant, alices: Client, config: ConnectionConfig, draft: int
) -> None:
    describe(alices, draft, config, active="on")
    mapping = alices.get(step(draft, 4), follow=True)
    assert "CardName" in text(mapping)
    conditions = alices.get(step(draft, 5), follow=True)
    assert conditions.status_code == 200
    review = text(alices.get(step(draft, 6)))
    assert "ERP partners" in review
    assert "is switched on at once" in review
    assert nothing_exists(acme)

    answer = alices.post(f"{WIZARD}{draft}/finish/")

    with door.tenant(acme.pk):
        connector = Connector.objects.for_tenant(acme).get()
        connection = connector.connections.get()
        assert answer["Location"] == f"/t/acme/connectors/{connector.pk}/"
        assert (connection.name, connection.active) == ("Customer sync", True)
        made = ConnectObject.objects.for_tenant(acme).get()
        assert (made.type, made.name) == ("erppartner", "ERP partners")
        fields = {field.name: field.is_key for field in made.fields.all()}
        assert fields == {"CardCode": True, "CardName": False}
        assert [row["source"] for row in connection.mapping] == ["CardCode", "CardName"]
        assert not WizardDraft.objects.for_tenant(acme).exists()


def test_finish_and_dry_run_queues_one(
    acme: Tenant, alices: Client, config: ConnectionConfig, draft: int
) -> None:
    describe(alices, draft, config)

    answer = alices.post(f"/t/acme/wizard/{draft}/finish-and-dry-run/")

    with door.tenant(acme.pk):
        run = SyncLog.objects.for_tenant(acme).get()
        assert run.kind == "dry"
        assert answer["Location"] == f"/t/acme/runs/{run.pk}/"
        assert not Connection.objects.for_tenant(acme).get().active


def test_finish_and_dry_run_of_an_incomplete_side_leaves_nothing(
    acme: Tenant, alices: Client, config: ConnectionConfig, draft: int
) -> None:
    alices.post(step(draft, 1), {"name": "Half", "_next": "1"})
    alices.post(step(draft, 2), {"system_type": "sandbox", "_next": "1"})
    alices.post(step(draft, 3), {"skip": "on", "_next": "1"})

    answer = alices.post(f"/t/acme/wizard/{draft}/finish-and-dry-run/", follow=True)

    assert nothing_exists(acme)
    assert "missing before this connection can run" in text(answer)


def test_both_sides_skipped_is_nothing(acme: Tenant, alices: Client, draft: int) -> None:
    alices.post(step(draft, 1), {"name": "Empty", "_next": "1"})
    alices.post(step(draft, 2), {"skip": "on", "_next": "1"})
    alices.post(step(draft, 3), {"skip": "on", "_next": "1"})

    answer = alices.post(f"{WIZARD}{draft}/finish/", follow=True)

    assert "Either side may be skipped, but not both." in text(answer)
    assert nothing_exists(acme)


def test_a_name_that_is_taken_is_told_at_its_step(
    acme: Tenant, alices: Client, config: ConnectionConfig, draft: int
) -> None:
    describe(alices, draft, config)
    with door.tenant(acme.pk):
        Connector.objects.create(tenant=acme, name="Customer sync")

    answer = alices.post(f"{WIZARD}{draft}/finish/", follow=True)

    assert "Step 1, Information: A connector “Customer sync” is there already." in text(answer)
    with door.tenant(acme.pk):
        assert not Connection.objects.for_tenant(acme).exists()
        assert not ConnectObject.objects.for_tenant(acme).exists()


def test_a_config_that_is_deleted_between_steps_is_told(
    acme: Tenant, alices: Client, config: ConnectionConfig, draft: int
) -> None:
    describe(alices, draft, config)
    with door.tenant(acme.pk):
        ConnectionConfig.objects.for_tenant(acme).filter(pk=config.pk).delete()

    page = alices.get(step(draft, 2))
    answer = alices.post(f"{WIZARD}{draft}/finish/", follow=True)

    assert page.status_code == 200
    assert "The connection config is gone." in text(answer)
    assert nothing_exists(acme)


def test_foreign_ids_are_no_choice(
    acme: Tenant, globex: Tenant, alices: Client, world: World, draft: int
) -> None:
    theirs = making.make_config(globex, "Theirs")
    side = {"system_type": "sandbox", "origin": "existing", "_next": "1"}

    for foreign in ({"config": theirs.pk}, {"object": making.make_object(globex).pk}):
        answer = alices.post(step(draft, 2), {**side, **foreign})

        assert answer.status_code == 422
        assert "not one of the available choices" in text(answer)
        assert plan_of(acme, draft).inbound.config is None
        assert plan_of(acme, draft).inbound.object is None
    assert alices.get(f"{step(draft, 2)}?config={theirs.pk}").status_code == 404


def test_a_draft_of_another_member_is_not_there(
    acme: Tenant, alices: Client, draft: int
) -> None:
    other = make.browser_of(make.make_member(acme, "dora@acme.test"))

    for path in ("step/1/", "inbound/mapping/", "inbound/conditions/", "discard/"):
        assert other.get(f"{WIZARD}{draft}/{path}").status_code == 404
    assert other.post(f"{WIZARD}{draft}/finish/").status_code == 404
    assert "a connector without a name" not in text(other.get(WIZARD))
    assert "a connector without a name" in text(alices.get(WIZARD))


def test_steps_that_are_none_are_not_there(alices: Client, draft: int) -> None:
    assert alices.get(step(draft, 0)).status_code == 404
    assert alices.get(step(draft, 7)).status_code == 404


def test_the_last_step_can_be_looked_at_first(alices: Client, draft: int) -> None:
    page = text(alices.get(step(draft, 6)))

    assert "Give the connector a name." in page
    assert "Choose the type of the inbound system, or skip this side." in page


def test_finishing_twice_makes_one(
    acme: Tenant, alices: Client, config: ConnectionConfig, draft: int
) -> None:
    describe(alices, draft, config)
    alices.post(f"{WIZARD}{draft}/finish/")

    again = alices.post(f"{WIZARD}{draft}/finish/")

    assert again.status_code == 404
    with door.tenant(acme.pk):
        assert Connector.objects.for_tenant(acme).count() == 1


def test_a_failing_finish_leaves_nothing_and_names_the_step(
    acme: Tenant,
    alice: Membership,
    alices: Client,
    config: ConnectionConfig,
    draft: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever refuses at the very end takes everything that was made before with it."""
    describe(alices, draft, config, active="on")

    def refuse(*_: Any, **__: Any) -> None:
        raise Refused("No more today.")

    monkeypatch.setattr(services, "activate", refuse)
    with door.tenant(acme.pk):
        row = WizardDraft.objects.for_tenant(acme).select_related("tenant").get(pk=draft)
        with pytest.raises(Unfinished, match="Step 6, Completed: No more today") as caught:
            finish(row, may=lambda _: True, actor=COMMAND, now=NOW)

    assert caught.value.step == 6
    assert nothing_exists(acme)
    with door.tenant(acme.pk):
        assert WizardDraft.objects.for_tenant(acme).filter(pk=draft).exists()


def test_a_page_that_is_old_changes_nothing(acme: Tenant, alices: Client, draft: int) -> None:
    old = etag(text(alices.get(step(draft, 1))))
    alices.post(step(draft, 1), {"name": "First", "etag": old, "_next": "1"})

    answer = alices.post(step(draft, 1), {"name": "Second", "etag": old, "_next": "1"})

    assert answer.status_code == 412
    assert plan_of(acme, draft).name == "First"


def test_back_keeps_what_was_entered(acme: Tenant, alices: Client, draft: int) -> None:
    alices.post(step(draft, 1), {"name": "Kept", "_next": "1"})

    answer = alices.post(
        step(draft, 2), {"system_type": "sandbox", "name": "Own name", "_back": "1"}
    )

    assert answer["Location"].endswith("/step/1/")
    assert plan_of(acme, draft).inbound.name == "Own name"
    assert "Own name" in text(alices.get(step(draft, 2)))


def test_a_new_config_comes_back_to_the_step(
    acme: Tenant, alices: Client, world: World, draft: int
) -> None:
    left = alices.post(step(draft, 2), {"system_type": "sandbox", "_config": "1"})
    sent = {"name": "Fresh", "environment": "test", "settings.world": "erp"}

    back = alices.post(left["Location"], sent)
    alices.get(back["Location"])

    with door.tenant(acme.pk):
        made = ConnectionConfig.objects.for_tenant(acme).get(name="Fresh")
    assert plan_of(acme, draft).inbound.config == made.pk


def test_drafts_are_listed_continued_and_discarded(alices: Client, draft: int) -> None:
    alices.post(step(draft, 1), {"name": "Some day", "_next": "1"})
    page = text(alices.get(WIZARD))
    assert "Some day" in page
    assert f"/wizard/{draft}/step/2/" in page

    asked = text(alices.get(f"{WIZARD}{draft}/discard/"))
    alices.post(f"{WIZARD}{draft}/discard/")

    assert "Discard the draft “Some day”?" in asked
    assert "Some day”" not in text(alices.get(WIZARD)).replace("Discarded “Some day”.", "")
    assert alices.get(step(draft, 1)).status_code == 404


def test_there_are_not_too_many_drafts(acme: Tenant, alice: Membership, alices: Client) -> None:
    with door.tenant(acme.pk):
        for _ in range(drafting.MOST):
            drafting.begin(acme, alice, now=NOW)

    answer = alices.post(f"{WIZARD}begin/", follow=True)

    assert "Discard one first." in text(answer)


def test_an_outbound_side_may_use_the_new_object_of_the_inbound_one(
    acme: Tenant, alices: Client, config: ConnectionConfig, draft: int
) -> None:
    describe(alices, draft, config)
    side = {"system_type": "sandbox", "config": config.pk, "entity": making.ENTITY}
    alices.post(step(draft, 3), {"system_type": "sandbox", "_redraw": "1"})
    alices.post(step(draft, 3), {**side, "origin": "existing", "_redraw": "1"})
    answer = alices.post(
        step(draft, 3),
        {**side, "origin": "same", "primary_key": "CardCode", "key_from": "us", "_next": "1"},
    )
    assert answer.status_code == 303, told(answer)
    assert alices.get(f"{WIZARD}{draft}/outbound/mapping/").status_code == 200

    done = alices.post(f"{WIZARD}{draft}/finish/", follow=True)

    with door.tenant(acme.pk):
        made = ConnectObject.objects.for_tenant(acme).get()
        rows = Connection.objects.for_tenant(acme).order_by("direction")
        assert [(row.direction, row.object_id) for row in rows] == [
            ("inbound", made.pk),
            ("outbound", made.pk),
        ], told(done)


def test_a_use_case_fills_its_side_in_the_words_of_the_system(
    acme: Tenant, alices: Client, draft: int
) -> None:
    alices.post(
        step(draft, 1), {"name": "Customers", "template": "customers_inbound", "_next": "1"}
    )
    alices.post(step(draft, 2), {"system_type": "odata", "_redraw": "1"})

    plan = plan_of(acme, draft)
    assert plan.outbound.skip
    assert plan.inbound.origin == "template"
    assert plan.inbound.object_type == "fsmcustomer"
    assert plan.inbound.entity
    assert {row["target"] for row in plan.inbound.mapping} >= {"customer_number", "name"}

    alices.post(f"{WIZARD}{draft}/finish/")

    with door.tenant(acme.pk):
        connection = Connector.objects.for_tenant(acme).get().connections.get()
        assert connection.object is not None
        assert connection.object.type == "fsmcustomer"
        assert len(connection.mapping) == len(plan.inbound.mapping)


def test_a_mapping_is_changed_and_undone_inside_of_the_draft(
    acme: Tenant, alices: Client, config: ConnectionConfig, draft: int
) -> None:
    describe(alices, draft, config)
    base = f"{WIZARD}{draft}/inbound/mapping/"
    page = text(alices.get(base))
    assert 'aria-label="Steps"' in page
    before = plan_of(acme, draft).inbound.mapping
    [name] = [row for row in before if row["target"] == "CardName"]

    def send(path: str, state: str, **entered: str) -> Any:
        return alices.post(f"{base}{path}", {"etag": state, **entered})

    row = {
        "row": name["uuid"],
        "edit-target": "CardName",
        "edit-kind": "formula",
        "edit-when": "always",
    }
    row |= {"edit-if_empty": "take", "edit-enabled": "on"}
    formula = "upper(data('CardName'))"

    refused = send("row/", etag(page), **row, **{"edit-formula": "upper("})
    assert refused.status_code == 422
    assert plan_of(acme, draft).inbound.mapping == before

    saved = send("row/", etag(page), **row, **{"edit-formula": formula})
    assert saved.status_code == 303
    changed = {one["target"]: one for one in plan_of(acme, draft).inbound.mapping}
    assert (changed["CardName"]["kind"], changed["CardName"]["formula"]) == ("formula", formula)
    assert [one for one in changed.values() if one["target"] != "CardName"] == [
        one for one in before if one["target"] != "CardName"
    ]

    stale = send("row/", etag(page), **row, **{"edit-formula": "'late'"})
    assert stale.status_code == 412
    page = text(alices.get(base))
    assert "Undo: Change CardName" in page

    undone = send("act/", etag(page), act="undo")
    assert undone.status_code == 303
    assert plan_of(acme, draft).inbound.mapping == before
    assert "Undo: " not in text(alices.get(base))
    assert nothing_exists(acme)


def test_samples_of_the_source_are_kept_in_the_draft(
    acme: Tenant, alices: Client, config: ConnectionConfig, draft: int
) -> None:
    describe(alices, draft, config)

    alices.post(f"{WIZARD}{draft}/inbound/mapping/samples/")

    assert len(plan_of(acme, draft).inbound.samples) == 3
    assert "Partner 0" in text(alices.get(f"{WIZARD}{draft}/inbound/mapping/"))


def test_services_refuse_what_is_gone_or_old(acme: Tenant, alice: Membership) -> None:
    with door.tenant(acme.pk):
        draft = drafting.begin(acme, alice, now=NOW)
        with pytest.raises(Changed):
            drafting.change(draft, lambda _: None, now=NOW, etag=99)
        drafting.discard(WizardDraft.objects.get(pk=draft.pk))
        with pytest.raises(NotThere):
            drafting.change(draft, lambda _: None, now=NOW)
