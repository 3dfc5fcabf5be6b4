"""Connect objects, their fields and columns; the record store's tables, for reading only.

`Record`, `FieldValue`, `Change` and `ObjectSeq` are written by `objects.records` alone, in SQL;
their tables are made by hand in the migrations.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from psycopg.types.json import Jsonb

from syncapp import canonical
from syncapp.tenants.models import TenantModel

TYPE_RULE = RegexValidator(
    r"^[a-z][a-z0-9_]{0,39}$",
    "Lower-case letters, digits and underscores; begins with a letter.",
)
NAME_RULE = RegexValidator(
    r"^[A-Za-z][A-Za-z0-9_]{0,59}$", "Letters, digits and underscores; begins with a letter."
)


class ExactJSONField(models.JSONField):
    """JSON whose numbers stay exact; its content is read and written, never queried."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:  # noqa: ARG002
        """Decode without floats."""
        return None if value is None else canonical.loads(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002
        """Encode without floats."""
        return None if value is None else Jsonb(value, dumps=canonical.text)


class ConnectObject(TenantModel):
    """A type of record: the tenant's own (store), or a picture of an external entity."""

    class Kind(models.TextChoices):
        STORE = "store", "Keeps records here"
        DESCRIBES = "describes", "Describes an external entity"

    type = models.CharField(
        "object type",
        max_length=40,
        validators=[TYPE_RULE],
        help_text="Internal identifier, such as fsmcustomer. Used in mappings and addresses.",
    )
    name = models.CharField(
        max_length=100,
        help_text="Shown in lists; begin with the system, such as FSM customers.",
    )
    description = models.CharField(max_length=500, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.STORE)
    parent = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="children",
    )
    feed = models.UUIDField(default=uuid.uuid4, editable=False)
    fields_rev = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "connect_object"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "type"], name="connect_object_type"),
            models.UniqueConstraint(fields=["tenant", "name"], name="connect_object_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ConnectField(TenantModel):
    """A field of a connect object; its name is frozen once it is used."""

    class Type(models.TextChoices):
        TEXT = "text"
        LONG_TEXT = "long_text", "Long text"
        INTEGER = "integer"
        DECIMAL = "decimal"
        BOOLEAN = "boolean"
        DATE = "date"
        DATETIME = "datetime", "Date and time"
        TIME = "time"
        CHOICE = "choice"
        REFERENCE = "reference"
        OBJECT = "object"
        LIST = "list"

    class Indexed(models.TextChoices):
        NONE = "none", "Not searchable"
        EXACT = "exact"
        FOLD = "fold", "Ignoring case"

    class Sensitivity(models.TextChoices):
        NONE = "none", "Ordinary"
        PII = "pii", "Personal (PII)"
        EPHI = "ephi", "Health (EPHI)"

    object = models.ForeignKey(
        ConnectObject, on_delete=models.CASCADE, db_constraint=False, related_name="fields"
    )
    name = models.CharField(max_length=60, validators=[NAME_RULE])
    label = models.CharField(max_length=100)
    type = models.CharField(max_length=10, choices=Type.choices, default=Type.TEXT)
    required = models.BooleanField(default=False)
    is_key = models.BooleanField("key", default=False)
    is_unique = models.BooleanField("unique", default=False)
    indexed = models.CharField(max_length=5, choices=Indexed.choices, default=Indexed.NONE)
    reference = models.ForeignKey(
        ConnectObject,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="referring_fields",
    )
    choices = models.JSONField(default=list, blank=True)
    max_length = models.PositiveIntegerField(null=True, blank=True)
    scale = models.PositiveSmallIntegerField(null=True, blank=True)
    default = ExactJSONField(null=True, blank=True)
    sensitivity = models.CharField(
        max_length=4, choices=Sensitivity.choices, default=Sensitivity.NONE
    )
    read_only = models.BooleanField(default=False)
    formula = models.TextField(max_length=2000, blank=True)
    description = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "connect_field"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["object", "name"], name="connect_field_name"),
            models.UniqueConstraint(
                fields=["object"], condition=models.Q(is_key=True), name="connect_field_key"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.name


class ListviewField(TenantModel):
    """A column of the record list."""

    object = models.ForeignKey(
        ConnectObject, on_delete=models.CASCADE, db_constraint=False, related_name="columns"
    )
    field = models.ForeignKey(
        ConnectField, on_delete=models.CASCADE, db_constraint=False, related_name="columns"
    )
    label = models.CharField(max_length=100, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "listview_field"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["object", "field"], name="listview_field_once"),
        ]

    def __str__(self) -> str:
        return self.label or str(self.field)


class Record(models.Model):
    """One stored record."""

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.IntegerField()
    object_id = models.BigIntegerField()
    key = models.TextField()
    parent_id = models.BigIntegerField(null=True)
    seq = models.BigIntegerField()
    rev = models.IntegerField()
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    origin = models.SmallIntegerField()
    origin_id = models.BigIntegerField(null=True)
    values = ExactJSONField()

    class Meta:
        managed = False
        db_table = "record"

    def __str__(self) -> str:
        return self.key


class Change(models.Model):
    """One update or delete of a record: before and after of the fields that changed."""

    pk = models.CompositePrimaryKey("object_id", "seq")
    tenant_id = models.IntegerField()
    object_id = models.BigIntegerField()
    seq = models.BigIntegerField()
    record_id = models.BigIntegerField()
    at = models.DateTimeField()
    op = models.SmallIntegerField()
    origin = models.SmallIntegerField()
    origin_id = models.BigIntegerField(null=True)
    diff = ExactJSONField()

    class Meta:
        managed = False
        db_table = "change"

    def __str__(self) -> str:
        return f"{self.record_id} at {self.seq}"
