from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet

from syncapp.tenants import matrix, permissions
from syncapp.tenants.filters import ProfileFilterSet
from syncapp.tenants.forms import ProfileForm
from syncapp.tenants.http import TenantRequest
from syncapp.tenants.models import Profile
from syncapp.tenants.services import profiles
from syncapp.tenants.tables import ProfileTable
from syncapp.ui.links import Action, Link
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView, Page

_SETUP = ("Set-up", "")


class ProfileList(ListView):
    request: TenantRequest
    permission = "profiles.view"
    model = Profile
    noun = "profile"
    title = "Profiles"
    breadcrumbs = (_SETUP,)
    list_url_name = "tenants:profile_list"
    table_class = ProfileTable
    filterset_class = ProfileFilterSet
    primary = Action("New profile", "tenants:profile_create", "profiles.create", "plus")
    empty = Empty("A profile says what its users may do.", icon="shield-lock")

    def rows(self) -> QuerySet[Any]:
        rows = Profile.objects.for_tenant(self.request.tenant)
        counted: QuerySet[Any] = rows.annotate(n_users=Count("memberships"))
        return counted


class _ProfilePage(Page):
    request: TenantRequest
    model = Profile
    noun = "profile"
    breadcrumbs = (
        _SETUP,
        ("Profiles", "tenants:profile_list"),
    )
    list_url_name = "tenants:profile_list"
    detail_url_name = "tenants:profile_detail"

    def rows(self) -> QuerySet[Any]:
        return Profile.objects.for_tenant(self.request.tenant).select_related("tenant")


class ProfileDetail(_ProfilePage, DetailView):
    permission = "profiles.view"
    template_name = "tenants/profile_detail.html"
    actions = (
        Action("Edit", "tenants:profile_edit", "profiles.edit", "pencil"),
        Action(
            "Delete",
            "tenants:profile_delete",
            "profiles.delete",
            "trash",
            dialog=True,
            menu=True,
        ),
    )

    def context(self, row: Profile, /) -> dict[str, Any]:
        may_see = self.request.member.may("users.view")
        return {
            "matrix": matrix.rows(row.permissions, ()),
            "visible": permissions.VISIBLE in row.permissions,
            "users": profiles.holders(row) if may_see else None,
        }


class ProfileEdit(_ProfilePage, EditView):
    permission = "profiles.edit"
    template_name = "tenants/profile_form.html"
    edit_url_name = "tenants:profile_edit"
    form_class = ProfileForm

    def form_options(self, row: Profile | None) -> dict[str, Any]:
        options: dict[str, Any] = {
            "actor": self.request.actor,
            "given": row.permissions if row else [permissions.VISIBLE],
        }
        if row:
            options["initial"] = {"name": row.name, "description": row.description}
        return options

    def save(self, form: ProfileForm, row: Profile | None) -> Profile:
        typed = form.cleaned_data
        values = {name: typed[name] for name in ("name", "description", "permissions")}
        if row is None:
            return profiles.create_profile(
                tenant=self.request.tenant, actor=self.request.actor, **values
            )
        return profiles.edit_profile(row, actor=self.request.actor, **values)


class ProfileDelete(_ProfilePage, DeleteView):
    permission = "profiles.delete"

    def refusal(self, row: Profile, /) -> Sequence[Link]:
        return [
            Link(str(member), self.url("tenants:user_edit", pk=member.pk))
            for member in profiles.holders(row)
        ]

    def delete_row(self, row: Profile) -> None:
        profiles.delete_profile(row, actor=self.request.actor)
