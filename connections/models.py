"""Accounts, configs, entities, pairs, connections, mappings and their published versions.

All of it is configuration: small, audited, written by `connections.services`. What changes by
itself (schedule, cursor, locks, links) lives in `syncapp.sync`, never on these rows.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from objects.models import ConnectObject
from syncapp.tenants.models import TenantModel


class Account(TenantModel):
    """A remote company. Configs are ways to get into it; links and cursors hang on it."""

    system_type = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=300)
    label = models.CharField(max_length=200)

    class Meta:
        db_table = "account"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "system_type", "fingerprint"], name="account_fingerprint"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ConnectionConfig(TenantModel):
    """Address and credentials of one account; the secrets are write-only."""

    class Environment(models.TextChoices):
        LIVE = "live"
        TEST = "test"
        DEV = "dev"

    name = models.CharField(max_length=100)
    system_type = models.CharField("type", max_length=40)
    environment = models.CharField(
        max_length=4, choices=Environment.choices, default=Environment.LIVE
    )
    endpoint = models.CharField("endpoint URL", max_length=500, blank=True)
    settings = models.JSONField(default=dict)
    secrets = models.BinaryField(default=b"", editable=False)
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        related_name="configs",
    )
    tested_at = models.DateTimeField(null=True, editable=False)
    test = models.JSONField(default=list, editable=False)
    test_ok = models.BooleanField(null=True, editable=False)
    etag = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        db_table = "connection_config"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="connection_config_name"),
        ]

    def __str__(self) -> str:
        return self.name


class AuthState(models.Model):
    """The one session or token of an account, renewed by compare-and-set."""

    account_id = models.BigIntegerField(primary_key=True)
    tenant_id = models.IntegerField()
    version = models.BigIntegerField(default=0)
    data = models.BinaryField(default=b"")
    expires_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)

    class Meta:
        db_table = "auth_state"

    def __str__(self) -> str:
        return f"session of account {self.account_id}"


class RemoteEntity(TenantModel):
    """An entity as discovery last saw it."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="entities"
    )
    name = models.CharField(max_length=200)
    schema = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=32, blank=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "remote_entity"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "name"], name="remote_entity_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Pair(TenantModel):
    """What links belong to: a connect object and an entity of an account."""

    object = models.ForeignKey(
        ConnectObject, on_delete=models.PROTECT, db_constraint=False, related_name="pairs"
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_constraint=False, related_name="pairs"
    )
    entity = models.ForeignKey(
        RemoteEntity, on_delete=models.PROTECT, db_constraint=False, related_name="pairs"
    )
    label = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "pair"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["object", "account", "entity", "label"], name="pair_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} ↔ {self.object}"


class Connection(TenantModel):
    """One direction between an entity and a connect object. Off until activated.

    The engine never reads this row: it reads the published version.
    """

    class Direction(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"

    class Deletes(models.TextChoices):
        IGNORE = "ignore", "keep our record"
        DELETE = "delete", "delete our record too"

    KEEP_DAYS: ClassVar = (30, 60, 180, 365)

    name = models.CharField(max_length=100)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    system_type = models.CharField("type", max_length=40)
    active = models.BooleanField(default=False)
    config = models.ForeignKey(
        ConnectionConfig,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="connections",
    )
    entity = models.CharField(max_length=200, blank=True)
    object = models.ForeignKey(
        ConnectObject,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="connections",
    )
    label = models.CharField(max_length=60, blank=True)
    primary_key = models.CharField("primary key field", max_length=60, blank=True)
    query_filter = models.TextField(blank=True)
    page_size = models.PositiveIntegerField(
        default=1000, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )
    allow_create = models.BooleanField(default=True)
    allow_update = models.BooleanField(default=True)
    deletes = models.CharField(max_length=10, choices=Deletes.choices, default=Deletes.IGNORE)
    log_all = models.BooleanField("a log row for unchanged records too", default=True)
    keep_days = models.PositiveSmallIntegerField(
        "keep record logs",
        default=60,
        choices=[(days, f"{days} days") for days in KEEP_DAYS],
    )
    pair = models.ForeignKey(
        Pair,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        related_name="connections",
    )
    live_version = models.ForeignKey(
        "ConnectionVersion",
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    etag = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        db_table = "connection"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "direction", "name"], name="connection_name"
            ),
            models.UniqueConstraint(fields=["pair", "direction"], name="connection_pair"),
            models.CheckConstraint(
                condition=models.Q(active=False)
                | models.Q(live_version__isnull=False, pair__isnull=False),
                name="connection_active_published",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FieldMapping(TenantModel):
    """One target field of a connection's draft: copied, a constant, or calculated."""

    class Kind(models.TextChoices):
        FIELD = "field", "Field"
        RAW = "raw", "Raw data"
        FORMULA = "formula", "Formula"

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, db_constraint=False, related_name="mappings"
    )
    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    target = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.FIELD)
    source = models.CharField(max_length=300, blank=True)
    value = models.JSONField(null=True, blank=True)
    formula = models.TextField(blank=True)
    enabled = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "field_mapping"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "target"], name="field_mapping_target"
            ),
        ]

    def __str__(self) -> str:
        return self.target


class UsedMap(TenantModel):
    """A value map that formulas of a connection's live version use: so it is not deleted."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, db_constraint=False, related_name="used_maps"
    )
    map = models.ForeignKey(
        "formulas.ValueMap", on_delete=models.RESTRICT, db_constraint=False, related_name="+"
    )

    class Meta:
        db_table = "used_map"
        verbose_name = "connection"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "map"], name="used_map_once"),
        ]

    def __str__(self) -> str:
        return self.connection.name


class ConnectionVersion(TenantModel):
    """What the engine runs: one immutable document. There is no permission to update it."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, db_constraint=False, related_name="versions"
    )
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    targets = ArrayField(models.CharField(max_length=60))
    reads = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=32)
    reason = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=254)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "connection_version"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "number"], name="connection_version_number"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"
