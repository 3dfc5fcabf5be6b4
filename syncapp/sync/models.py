"""The present state of syncing; written in SQL by `syncapp.sync.state`, models for reading only.

Their tables are made by hand in the migrations.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from objects.models import ExactJSONField


class Link(models.Model):
    """One record of one pair: both ids, and the last outcome of each direction."""

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.IntegerField()
    pair_id = models.BigIntegerField()
    record_id = models.BigIntegerField(null=True)
    remote_id = models.TextField(null=True)
    parent_link_id = models.BigIntegerField(null=True)
    remote_version = models.TextField(null=True)
    dead_at = models.DateTimeField(null=True)
    in_outcome = models.SmallIntegerField(null=True)
    in_code = models.TextField(null=True)
    in_hash = models.UUIDField(null=True)
    in_version = models.BigIntegerField(null=True)
    in_vec = models.BinaryField(null=True)
    in_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "link"

    def __str__(self) -> str:
        return f"{self.remote_id} ↔ {self.record_id}"


class Trouble(models.Model):
    """What is open about one side of a link; success deletes it."""

    pk = models.CompositePrimaryKey("link_id", "side")
    link_id = models.BigIntegerField()
    side = models.SmallIntegerField()
    tenant_id = models.IntegerField()
    connection_id = models.BigIntegerField()
    outcome = models.SmallIntegerField()
    code = models.TextField()
    field = models.TextField(null=True)
    message = models.TextField()
    verdicts = ExactJSONField(null=True)
    attempts = models.IntegerField()
    due_at = models.DateTimeField(null=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "trouble"

    def __str__(self) -> str:
        return self.message


class Cursor(models.Model):
    """Where a connection's next read starts, for delta and for full walks apart."""

    pk = models.CompositePrimaryKey("connection_id", "kind")
    connection_id = models.BigIntegerField()
    kind = models.TextField()
    tenant_id = models.IntegerField()
    data = models.JSONField()
    run_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "cursor"

    def __str__(self) -> str:
        return f"{self.kind} cursor of connection {self.connection_id}"


class Schedule(models.Model):
    """When a connection runs by itself."""

    connection_id = models.BigIntegerField(primary_key=True)
    tenant_id = models.IntegerField()
    every_minutes = models.IntegerField(null=True)
    next_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "schedule"

    def __str__(self) -> str:
        return f"every {self.every_minutes} minutes"


class Wake(models.Model):
    """The whole queue: at most one row per connection and lane."""

    pk = models.CompositePrimaryKey("connection_id", "lane")
    connection_id = models.BigIntegerField()
    lane = models.TextField()
    tenant_id = models.IntegerField()
    due_at = models.DateTimeField(null=True)
    hinted_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    token = models.UUIDField(null=True)

    class Meta:
        managed = False
        db_table = "wake"

    def __str__(self) -> str:
        return f"{self.connection_id}/{self.lane} due {self.due_at}"


class SetRun(models.Model):
    """One run of a connector set; see `syncapp.sync.sets`.

    Each of `steps` has connector, connection, name, state, run and note; its state is `waiting`,
    `skipped`, `refused` or that of its run. `run_id` is the run that the set waits for.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        PARTIAL = "partial"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.IntegerField()
    set_id = models.BigIntegerField()
    run_id = models.BigIntegerField(null=True)
    state = models.TextField()
    on_failure = models.TextField()
    steps = models.JSONField()
    trigger = models.TextField()
    by = models.TextField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "set_run"

    def __str__(self) -> str:
        return f"run {self.pk} of set {self.set_id}"

    @property
    def current(self) -> dict[str, Any] | None:
        """The step that the set waits for."""
        found: list[dict[str, Any]] = self.steps
        running = (step for step in found if step["run"] == self.run_id)
        return next(running, None) if self.run_id is not None else None


class RunLock(models.Model):
    """What an open run holds so that no other may run beside it."""

    pk = models.CompositePrimaryKey("tenant_id", "resource", "run_id")
    tenant_id = models.IntegerField()
    resource = models.TextField()
    run_id = models.BigIntegerField()
    mode = models.TextField()

    class Meta:
        managed = False
        db_table = "run_lock"

    def __str__(self) -> str:
        return f"{self.resource} by run {self.run_id}"
