"""The present state of syncing; written in SQL by `syncapp.sync.state`, models for reading only.

Their tables are made by hand in the migrations.
"""

from __future__ import annotations

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
