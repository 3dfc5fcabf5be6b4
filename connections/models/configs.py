"""Accounts, the configs that lead to them, and the entities that were seen there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from syncapp.tenants.models import TenantModel


class Account(TenantModel):
    """A remote company. Configs are ways to get into it; links and cursors hang on it."""

    system_type = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=300)
    label = models.CharField(max_length=200)
    described_at = models.DateTimeField(null=True)

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
    """An entity as discovery last saw it, and how its fields have changed under connections."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="entities"
    )
    name = models.CharField(max_length=200)
    schema = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=32, blank=True)
    seen_at = models.DateTimeField(null=True)
    drift = models.JSONField(default=dict)

    class Meta:
        db_table = "remote_entity"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "name"], name="remote_entity_name"),
        ]

    def __str__(self) -> str:
        return self.name
