"""Value maps with their entries and inbox, and the counters that `sequence` draws from."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from syncapp.tenants.models import TenantModel

MAP_NAME = RegexValidator(
    r"^[A-Za-z][A-Za-z0-9_ .-]{0,59}$",
    "Letters, digits, blanks, underscores, dots and hyphens; begins with a letter.",
)
KEY_LENGTH = 512
VALUE_LENGTH = 2000


class ValueMap(TenantModel):
    """Translates codes of one system into those of another: `translatemap('terms', …)`."""

    class ValueType(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        BOOLEAN = "boolean"

    name = models.CharField(
        max_length=60,
        validators=[MAP_NAME],
        help_text="Formulas call it by this name: translatemap('terms', data('GroupCode')).",
    )
    description = models.CharField(max_length=500, blank=True)
    value_type = models.CharField(
        "type of its values",
        max_length=10,
        choices=ValueType.choices,
        default=ValueType.TEXT,
        help_text="What formulas get. Keys are always text; a number is looked up as it is written.",
    )
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "value_map"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="value_map_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ValueMapEntry(TenantModel):
    """One line of a value map; its value is kept as text, spelled as the map's type is."""

    map = models.ForeignKey(
        ValueMap, on_delete=models.CASCADE, db_constraint=False, related_name="entries"
    )
    key = models.CharField(max_length=KEY_LENGTH)
    value = models.CharField(max_length=VALUE_LENGTH, blank=True)

    class Meta:
        db_table = "value_map_entry"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["map", "key"], name="value_map_entry_key"),
        ]

    def __str__(self) -> str:
        return self.key


class ValueMapUnmapped(TenantModel):
    """A value that was met and that its map does not have."""

    map = models.ForeignKey(
        ValueMap, on_delete=models.CASCADE, db_constraint=False, related_name="unmapped"
    )
    key = models.CharField(max_length=KEY_LENGTH)
    count = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    ignored = models.BooleanField(default=False)

    class Meta:
        db_table = "value_map_unmapped"
        verbose_name = "unmapped value"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["map", "key"], name="value_map_unmapped_key"),
        ]

    def __str__(self) -> str:
        return self.key


class Sequence(TenantModel):
    """A counter of the tenant: `value` is the last number that was given."""

    name = models.CharField(max_length=100)
    value = models.BigIntegerField(default=0)

    class Meta:
        db_table = "number_sequence"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="number_sequence_name"),
        ]

    def __str__(self) -> str:
        return self.name
