"""Connections: the draft of one direction, and the versions of it that were published."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from connections.models.configs import Account, ConnectionConfig, RemoteEntity
from connections.models.connectors import Connector, WizardDraft
from objects.models import ConnectObject
from syncapp.tenants.models import TenantModel, TenantQuerySet


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


class _ShownManager(models.Manager["Connection"]):
    """Leaves out the connections of imports, which nobody made and nobody is shown."""

    def get_queryset(self) -> models.QuerySet[Connection]:
        """Give those that people made."""
        return super().get_queryset().exclude(direction="import")


_Shown = _ShownManager.from_queryset(TenantQuerySet)


class Connection(TenantModel):
    """One direction between an entity and a connect object. Off until activated.

    The engine never reads this row: it reads the published version. `mapping` and `conditions`
    are the draft, in the form of `connections.document`.
    """

    class Direction(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"
        IMPORT = "import", "import of files"

    class Deletes(models.TextChoices):
        IGNORE = "ignore", "keep the other record"
        DEACTIVATE = "deactivate", "deactivate the other record"
        DELETE = "delete", "delete the other record too"

    class Enrolment(models.TextChoices):
        AUTOMATIC = "automatic", "every record that passes the conditions"
        BY_HAND = "by_hand", "only records that somebody sends"

    class KeyFrom(models.TextChoices):
        US = "us", "our record brings it"
        TARGET = "target", "the other system gives it"

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
    enrolment = models.CharField(
        max_length=10, choices=Enrolment.choices, default=Enrolment.AUTOMATIC
    )
    key_from = models.CharField(
        "key of a new record", max_length=10, choices=KeyFrom.choices, default=KeyFrom.US
    )
    only_changes = models.BooleanField("send changed fields only", default=True)
    mapping = models.JSONField(default=list)
    conditions = models.JSONField(default=dict)
    log_all = models.BooleanField("a log row for unchanged records too", default=True)
    keep_days = models.PositiveSmallIntegerField(
        "keep record logs",
        default=60,
        choices=[(days, f"{days} days") for days in KEEP_DAYS],
    )
    connector = models.ForeignKey(
        Connector,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="connections",
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

    objects = _Shown()  # type: ignore[misc, assignment]  # a narrower manager
    every = TenantQuerySet.as_manager()

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

    @property
    def page(self) -> str:
        """The name of the address of its page; it takes `pk`."""
        return f"connections:{self.direction}_detail"


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


class DraftStep(TenantModel):
    """A draft as it was before a change, so that the change can be undone."""

    connection = models.ForeignKey(
        Connection,
        on_delete=models.CASCADE,
        null=True,
        db_constraint=False,
        related_name="draft_steps",
    )
    wizard = models.ForeignKey(
        WizardDraft,
        on_delete=models.CASCADE,
        null=True,
        db_constraint=False,
        related_name="draft_steps",
    )
    side = models.CharField(max_length=8, choices=Connection.Direction.choices)
    said = models.CharField(max_length=200)
    before = models.JSONField()
    by = models.CharField(max_length=254)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "draft_step"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="draft_step_of_one",
                condition=models.Q(connection__isnull=True, wizard__isnull=False)
                | models.Q(connection__isnull=False, wizard__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.said


class SourceSample(TenantModel):
    """A source record that is kept to try mappings on: at most 500 of a connection.

    Kept are those whose ids have the smallest hashes, which is a fair sample of all records that
    were ever seen, and of a record its latest form.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, db_constraint=False, related_name="samples"
    )
    remote_id = models.CharField(max_length=512)
    rank = models.BigIntegerField()
    raw = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        db_table = "source_sample"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "remote_id"], name="source_sample_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["connection", "rank"], name="source_sample_rank")
        ]

    def __str__(self) -> str:
        return self.remote_id
