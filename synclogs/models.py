"""Runs, their pages and the outcome of each record.

`RunPage` and `RecordLog` are written by the engine's recorder alone, in SQL; `RecordLog` is
partitioned by days to keep and by week, so that forgetting is dropping a table.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from connections.kit.codes import OUTCOMES, Outcome
from connections.models import Connection, ConnectionVersion
from objects.models import ExactJSONField
from syncapp.tenants.models import TenantModel

COUNTERS: tuple[str, ...] = tuple(f"n_{outcome}" for outcome in OUTCOMES)


class SyncLog(TenantModel):
    """One run of a connection."""

    class Kind(models.TextChoices):
        NORMAL = "normal", "changes only"
        FULL = "full", "all records"
        DRY = "dry", "dry run"
        IMPORT = "import", "import"

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        PARTIAL = "partial"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Trigger(models.TextChoices):
        MANUAL = "manual"
        API = "api", "API"
        SCHEDULE = "schedule"

    class Lane(models.TextChoices):
        LIVE = "live"
        SCHEDULED = "scheduled"
        BULK = "bulk"

    OPEN: ClassVar = (State.QUEUED, State.RUNNING)

    connection = models.ForeignKey(
        Connection,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="runs",
    )
    version = models.ForeignKey(
        ConnectionVersion,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="runs",
    )
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.NORMAL)
    lane = models.CharField(max_length=10, choices=Lane.choices, default=Lane.LIVE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    by = models.CharField(max_length=254)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    stop_requested = models.BooleanField(default=False)
    window = models.JSONField(default=dict)
    keep_days = models.PositiveSmallIntegerField(default=60)
    expected = models.BigIntegerField(null=True)
    seen = models.BigIntegerField(default=0)
    calls = models.IntegerField(default=0)
    pages = models.IntegerField(default=0)
    n_read = models.BigIntegerField(default=0)
    n_created = models.BigIntegerField(default=0)
    n_updated = models.BigIntegerField(default=0)
    n_unchanged = models.BigIntegerField(default=0)
    n_skipped = models.BigIntegerField(default=0)
    n_waiting = models.BigIntegerField(default=0)
    n_conflict = models.BigIntegerField(default=0)
    n_rejected = models.BigIntegerField(default=0)
    n_retryable = models.BigIntegerField(default=0)
    n_unknown = models.BigIntegerField(default=0)
    n_deleted = models.BigIntegerField(default=0)
    error = models.CharField(max_length=1000, blank=True)
    error_kind = models.CharField(max_length=20, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "run"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="run_accounting",
                condition=Q(
                    n_read=F("n_created")
                    + F("n_updated")
                    + F("n_unchanged")
                    + F("n_skipped")
                    + F("n_waiting")
                    + F("n_conflict")
                    + F("n_rejected")
                    + F("n_retryable")
                    + F("n_unknown")
                    + F("n_deleted")
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "-id"], name="run_newest"),
            models.Index(fields=["connection", "-id"], name="run_connection"),
            models.Index(
                fields=["connection", "lane"],
                name="run_open",
                condition=Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.name}"

    @property
    def counts(self) -> dict[str, int]:
        """Outcome → number, in the order of `OUTCOMES`."""
        return {outcome: getattr(self, f"n_{outcome}") for outcome in OUTCOMES}

    @property
    def took(self) -> timedelta | None:
        """From start to end, or to none while it runs."""
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at

    @property
    def upload_id(self) -> int | None:
        """The uploaded file that it reads, if it is an import or the dry run of one."""
        read: dict[str, int] = self.window.get("upload", {})
        return read.get("upload")

    @property
    def object_id(self) -> int | None:
        """The connect object that it writes: its own document says it, or its connection."""
        draft: dict[str, int] = self.window.get("draft", {})
        if "object_id" in draft:
            return draft["object_id"]
        return self.connection.object_id if self.connection is not None else None

    @property
    def done(self) -> int:
        """Records that have their outcome, or were at least seen."""
        return max(self.seen, self.n_read)

    @property
    def open(self) -> bool:
        """Neither finished nor cancelled."""
        return self.state in self.OPEN


class RunPage(models.Model):
    """The ledger: what one page of a run held, and where reading went on after it."""

    pk = models.CompositePrimaryKey("run_id", "no")
    run_id = models.BigIntegerField()
    no = models.IntegerField()
    tenant_id = models.IntegerField()
    at = models.DateTimeField()
    cursor = models.JSONField()
    counts = ArrayField(models.IntegerField())
    ms = ArrayField(models.IntegerField())
    unchanged = models.BinaryField(null=True)

    class Meta:
        managed = False
        db_table = "run_page"

    def __str__(self) -> str:
        return f"page {self.no} of run {self.run_id}"


class RecordLog(models.Model):
    """The outcome of one record in one run.

    What an update changed stands in `objects.Change` under the same `seq`; `detail` holds what
    stands nowhere else: verdicts, and on a dry run what would change.
    """

    id = models.BigIntegerField(primary_key=True)
    tenant_id = models.IntegerField()
    keep = models.SmallIntegerField()
    run_id = models.BigIntegerField()
    at = models.DateTimeField()
    outcome = models.SmallIntegerField()
    code = models.TextField()
    link_id = models.BigIntegerField(null=True)
    record_id = models.BigIntegerField(null=True)
    key = models.TextField(null=True)
    remote_id = models.TextField(null=True)
    seq = models.BigIntegerField(null=True)
    message = models.TextField(null=True)
    detail = ExactJSONField(null=True)

    class Meta:
        managed = False
        db_table = "record_log"

    def __str__(self) -> str:
        return f"{self.key or self.remote_id}: {self.outcome_name}"

    @property
    def outcome_name(self) -> Outcome:
        """The outcome by name."""
        return Outcome.of(self.outcome)
