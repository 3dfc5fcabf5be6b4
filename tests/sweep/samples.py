"""Real arguments for every address: a house in which each kind of thing exists once.

A new address needs an entry here, unless an entry for the beginning of its name fits already.
"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from connections import discovery
from connections.models import Connection
from connections.publish import publish
from connections.uploads import storage
from connections.uploads.plan import plan_of
from formulas import services as formula_services
from formulas.models import ValueMapUnmapped
from formulas.services import maps
from objects.models import ConnectField, ConnectObject, ListviewField, Record
from syncapp.sync import imports, leases, services, slices
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import AuditEntry, Membership, Profile, Tenant
from syncapp.tenants.services import avatars
from synclogs.models import RecordLog, SyncLog
from tests import make, making

Arguments = dict[str, Any]

OPEN: dict[str, str] = {
    "healthz": "asked by supervisors, before anybody can log in",
    "start": "leads on; to the login, if need be",
    "account": "one's own account",
    "account_avatar": "one's own picture",
    "account_login": "the login",
    "account_logout": "ends one's own session",
    "account_inactive": "says that the account is switched off",
    "account_signup": "says that nobody signs up",
    "account_change_password": "one's own password",
    "account_reset_password": "sends a letter to the owner of the address",
    "account_reset_password_done": "says so",
    "account_reset_password_from_key": "guarded by the token in the letter",
    "account_reset_password_from_key_done": "says so",
    "api:schema": "describes the API, tells of no tenant; known visitors only",
    "api:docs": "the same for people",
    "api:api-me": "tells a key what it is",
}
"""Addresses that demand no permission, and why."""

KINDS: dict[str, str] = {
    "account_reset_password_from_key": "token",
    "tenants:user_": "member",
    "tenants:profile_": "profile",
    "tenants:api_key_": "key",
    "tenants:audit_": "entry",
    "platform:tenant_": "tenant",
    "api:api-member": "member",
    "api:api-profile": "profile",
    "api:api-key": "key",
    "api:api-audit": "entry",
    "connections:config_": "config",
    "connections:config_create_of": "system_type",
    "connections:inbound_": "connection",
    "connections:outbound_": "outbound",
    "connections:connector_": "connector",
    "connections:set_": "set",
    "connections:wizard_": "wizard",
    "sync:wizard_": "wizard",
    "sync:connector_": "connector",
    "sync:set_": "set",
    "api:api-connector": "connector",
    "api:api-connector-set": "set",
    "connections:import_fields": "object",
    "api:api-connection-config": "config",
    "api:api-connection": "connection",
    "sync:connection_": "connection",
    "sync:inbound_": "connection",
    "sync:outbound_": "outbound",
    "sync:run_": "run",
    "sync:import_": "upload",
    "sync:import_errors": "imported",
    "sync:import_template": "object",
    "api:api-import": "upload",
    "api:api-import-errors": "imported",
    "api:api-run": "run",
    "synclogs:run_": "run",
    "synclogs:run_changes": "dry_run",
    "api:api-run-changes": "dry_run",
    "synclogs:record_log_": "record_log",
    "synclogs:connection_panel": "connection",
    "api:api-record-log": "record_log",
    "formulas:map_": "map",
    "formulas:unmapped_": "unmapped",
    "api:api-value-map": "map",
    "objects:object_": "object",
    "objects:field_": "field",
    "objects:column_": "column",
    "objects:record_": "record",
    "objects:record_list": "object",
    "objects:record_by_key": "object",
    "objects:record_create": "object",
    "api:api-object": "object",
    "api:api-field": "field",
    "api:api-entity": "record",
    "api:api-record": "record",
}
"""Beginning of a name → the kind of thing that its arguments name; the longest fits."""

QUERIES: dict[str, str] = {
    "objects:record_by_key": "?key=C0",
    "connections:inbound_mapping_row": "?at=code",
    "connections:outbound_mapping_row": "?at=CardCode",
    "connections:wizard_inbound_mapping_row": "?at=code",
    "connections:wizard_outbound_mapping_row": "?at=CardCode",
}
"""What an address wants besides."""

NOBODYS = {"system_type", "token"}
"""Kinds that belong to no tenant: naming them leads nowhere foreign."""


def kind_of(name: str) -> str | None:
    """Give the kind of thing that an address is about."""
    fitting = [start for start in KINDS if name.startswith(start)]
    return KINDS[max(fitting, key=len)] if fitting else None


def finished_run(connection: Connection, kind: str = "normal") -> SyncLog:
    """Run the connection as a worker would."""
    with door.tenant(connection.tenant_id):
        run = services.request_run(connection, kind=kind, actor=COMMAND, now=make.NOW)
    later = make.NOW + timedelta(seconds=1)
    claimed = leases.claim(later)
    assert claimed is not None
    slices.work(claimed, clock=lambda: later, stopping=lambda: False)
    return run


def give_pictures(tenant: Tenant) -> None:
    """Give every user of the tenant a picture."""
    drawn = io.BytesIO()
    Image.new("RGB", (9, 9)).save(drawn, "PNG")
    with door.tenant(tenant.pk):
        for member in Membership.objects.for_tenant(tenant).select_related("user"):
            avatars.set_avatar(member.user, io.BytesIO(drawn.getvalue()))


def make_uploads(tenant: Tenant, target: ConnectObject, number: str) -> tuple[int, int]:
    """Upload a file that waits for its plan, and one that is imported; give both."""
    content = f"code,name\nU{number},Una\n".encode()
    with door.tenant(tenant.pk):
        waiting, imported = (
            storage.receive(SimpleUploadedFile(f"{name}.csv", content), target, actor=COMMAND)
            for name in ("waiting", "imported")
        )
        imports.start(imported, plan_of(imported), actor=COMMAND, now=make.NOW)
    return waiting.pk, imported.pk


def make_map(tenant: Tenant, name: str) -> ValueMapUnmapped:
    """Make a value map with an entry and a value that waits; give the latter."""
    with door.tenant(tenant.pk):
        maps.create_map(tenant=tenant, name=name, entries={"10": "net30"}, actor=COMMAND)
        formula_services.note_unmapped(tenant.pk, {(name, "99"): 3}, make.NOW)
        found: ValueMapUnmapped = ValueMapUnmapped.objects.get(tenant=tenant, map__name=name)
        return found


def furnish(tenant: Tenant, number: str = "") -> dict[str, Arguments]:
    """Make one thing of each kind; give the arguments that name it, in whole and in part."""
    making.make_world()
    connection = making.make_connection(
        tenant,
        f"Partners{number}",
        config=making.make_config(tenant, f"ERP{number}"),
        object_=making.make_object(tenant, f"partner{number}"),
        active=True,
    )
    outbound = making.make_outbound(
        tenant, f"Out{number}", config=connection.config, object_=connection.object
    )
    connector, set_ = making.make_connector(tenant, f"Both{number}", [connection, outbound])
    draft = making.make_wizard_draft(tenant, connection)
    assert connection.config is not None
    discovery.discover(connection.config, now=lambda: make.NOW)
    with door.tenant(tenant.pk):
        publish(outbound, actor=COMMAND, now=make.NOW)
    run, dry_run = finished_run(connection), finished_run(connection, "dry")
    key, _ = make.make_key(tenant, name=f"Swept{number}")
    make.make_profile(tenant, f"Swept{number}", [])
    make.make_member(tenant, f"swept{number}@acme.test")
    give_pictures(tenant)
    unmapped = make_map(tenant, f"terms{number}")
    assert connection.object is not None
    waiting, imported = make_uploads(tenant, connection.object, number)
    with door.tenant(tenant.pk):
        fields = ConnectField.objects.for_tenant(tenant).filter(object=connection.object_id)
        field = fields.filter(is_key=False).order_by("pk")[0]
        columns = ListviewField.objects.for_tenant(tenant)
        column = columns.filter(object=connection.object_id).first()
        if column is None:
            column = ListviewField.objects.create(
                tenant=tenant, object=field.object, field=field, position=0
            )
        record = Record.objects.filter(tenant_id=tenant.pk).order_by("pk")[0]
        pks = {
            "member": Membership.objects.for_tenant(tenant).order_by("-pk")[0].pk,
            "profile": Profile.objects.for_tenant(tenant).order_by("pk")[0].pk,
            "key": key.pk,
            "entry": AuditEntry.objects.for_tenant(tenant).order_by("pk")[0].pk,
            "config": connection.config_id,
            "connection": connection.pk,
            "outbound": outbound.pk,
            "connector": connector.pk,
            "set": set_.pk,
            "run": run.pk,
            "dry_run": dry_run.pk,
            "upload": waiting,
            "imported": imported,
            "record_log": RecordLog.objects.filter(tenant_id=tenant.pk).order_by("pk")[0].pk,
            "map": unmapped.map_id,
            "unmapped": unmapped.pk,
            "tenant": tenant.pk,
        }
        part = {"object_pk": connection.object_id}
        return {
            **{kind: {"pk": pk} for kind, pk in pks.items()},
            "connection": {"pk": connection.pk, "number": 1},
            "outbound": {"pk": outbound.pk, "number": 1},
            "wizard": {"pk": draft.pk, "step": 2},
            "object": {"pk": connection.object_id, **part},
            "field": {"pk": field.pk, **part},
            "column": {"pk": column.pk, **part},
            "record": {
                "pk": record.pk,
                "key": record.key,
                "object_type": "partner",
                "type": "partner",
            },
            "system_type": {"system_type": "rest"},
            "token": {"uidb36": "zzzzz", "key": "wrong-token"},
        }
