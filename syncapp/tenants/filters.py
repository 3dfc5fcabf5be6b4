from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet

from syncapp.tenants.models import ApiKey, AuditEntry, Membership, Profile, Tenant
from syncapp.ui.filters import FilterSet


def _profiles(request: Any) -> QuerySet[Profile]:
    return Profile.objects.for_tenant(request.tenant).order_by("name")


class UserFilterSet(FilterSet):
    search_fields = ("label", "user__email")

    profile = django_filters.ModelChoiceFilter(queryset=_profiles, empty_label="Any profile")
    state = django_filters.ChoiceFilter(
        label="State",
        method="in_state",
        choices=(
            ("active", "Active"),
            ("invited", "Invited"),
            ("deactivated", "Deactivated"),
        ),
    )

    class Meta:
        model = Membership
        fields: ClassVar = ["profile", "state"]

    def in_state(self, rows: QuerySet[Any], _name: str, state: str) -> QuerySet[Any]:
        if state == "deactivated":
            return rows.filter(enabled=False)
        return rows.filter(enabled=True, joined_at__isnull=state == "invited")


class ProfileFilterSet(FilterSet):
    search_fields = ("name", "description")

    class Meta:
        model = Profile
        fields: ClassVar[list[str]] = []


class ApiKeyFilterSet(FilterSet):
    search_fields = ("name", "prefix")

    revoked = django_filters.ChoiceFilter(
        label="State",
        method="in_state",
        choices=(("no", "Not revoked"), ("yes", "Revoked")),
    )

    class Meta:
        model = ApiKey
        fields: ClassVar = ["revoked"]

    def in_state(self, rows: QuerySet[Any], _name: str, state: str) -> QuerySet[Any]:
        return rows.filter(revoked_at__isnull=state == "no")


class AuditFilterSet(FilterSet):
    """Exact filters only: the audit grows, and *contains* would read all of it."""

    kind = django_filters.ChoiceFilter()
    actor = django_filters.ChoiceFilter(label="Actor")
    object_id = django_filters.NumberFilter(label="Object id")

    class Meta:
        model = AuditEntry
        fields: ClassVar = ["kind", "actor", "object_id"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kind", "actor"):
            words = self.queryset.order_by(name).values_list(name, flat=True).distinct()
            self.filters[name].extra["choices"] = [(word, word) for word in words]


class TenantFilterSet(FilterSet):
    search_fields = ("name", "slug")

    state = django_filters.ChoiceFilter(choices=Tenant.State.choices)

    class Meta:
        model = Tenant
        fields: ClassVar = ["state"]
