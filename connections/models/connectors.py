"""Connectors and sets of them, and the drafts of the wizard that makes one."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from syncapp.tenants.models import Membership, TenantModel


class Connector(TenantModel):
    """A named integration: it holds connections together."""

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    etag = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        db_table = "connector"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="connector_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ConnectorSet(TenantModel):
    """Connectors that run one after the other."""

    class OnFailure(models.TextChoices):
        STOP = "stop", "stop"
        GO_ON = "go_on", "go on with the next"

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    on_failure = models.CharField(
        max_length=5, choices=OnFailure.choices, default=OnFailure.STOP
    )
    etag = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        db_table = "connector_set"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="connector_set_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ConnectorSetMember(TenantModel):
    """The place of a connector in a set."""

    set = models.ForeignKey(
        ConnectorSet, on_delete=models.CASCADE, db_constraint=False, related_name="members"
    )
    connector = models.ForeignKey(
        Connector, on_delete=models.CASCADE, db_constraint=False, related_name="places"
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "connector_set_member"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["set", "connector"], name="connector_set_member_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.connector)


class WizardDraft(TenantModel):
    """A connector that somebody is making; nothing of it exists before it is finished.

    `data` holds what was entered: name, description and a part for each side.
    """

    member = models.ForeignKey(
        Membership, on_delete=models.CASCADE, db_constraint=False, related_name="wizard_drafts"
    )
    name = models.CharField(max_length=100, blank=True)
    step = models.PositiveSmallIntegerField(default=1)
    data = models.JSONField(default=dict)
    etag = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "wizard_draft"

    def __str__(self) -> str:
        return self.name or "a connector without a name"
