"""Files that were uploaded to be imported, kept in pieces so that none is held in memory whole."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from objects.models import ConnectObject
from syncapp.tenants.models import TenantModel


class Upload(TenantModel):
    """A file that is to be imported, or was.

    Attributes:
        form: how it is read, see `connections.uploads.form`.
        plan: what becomes of its columns, see `connections.uploads.plan`.
        run_id: the last run that imported it; runs belong to a room above.
    """

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"
        XML = "xml", "XML"

    object = models.ForeignKey(
        ConnectObject, on_delete=models.CASCADE, db_constraint=False, related_name="uploads"
    )
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=4, choices=Format.choices)
    size = models.BigIntegerField()
    form = models.JSONField(default=dict)
    plan = models.JSONField(default=dict)
    run_id = models.BigIntegerField(null=True)
    by = models.CharField(max_length=254)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "upload"

    def __str__(self) -> str:
        return self.name


class UploadChunk(TenantModel):
    """A piece of a file."""

    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, db_constraint=False, related_name="chunks"
    )
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "upload_chunk"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["upload", "number"], name="upload_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"piece {self.number} of {self.upload_id}"
