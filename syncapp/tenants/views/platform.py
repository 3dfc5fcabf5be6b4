"""The platform area: whoever runs the installation makes, suspends and deletes tenants.

Runs as role *platform*, which sees tenants, users, profiles and keys, and nobody's data.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet

from syncapp.tenants.filters import TenantFilterSet
from syncapp.tenants.forms import DeleteTenantForm, ReasonForm, TenantForm
from syncapp.tenants.http import PlatformRequest
from syncapp.tenants.models import AuditEntry, Profile, Tenant
from syncapp.tenants.permissions import PLATFORM
from syncapp.tenants.services import members, tenancy
from syncapp.tenants.tables import TenantTable
from syncapp.ui.links import Action
from syncapp.ui.views import DetailView, EditView, Empty, ListView, Page


class TenantList(ListView):
    request: PlatformRequest
    permission = PLATFORM
    model = Tenant
    noun = "tenant"
    title = "Tenants"
    breadcrumbs = (("Platform", ""),)
    list_url_name = "platform:tenant_list"
    table_class = TenantTable
    filterset_class = TenantFilterSet
    primary = Action("New tenant", "platform:tenant_create", PLATFORM, "plus")
    empty = Empty("A tenant is a customer organisation that owns rows.", icon="building")

    def rows(self) -> QuerySet[Any]:
        return Tenant.objects.counted()


class _TenantPage(Page):
    request: PlatformRequest
    permission = PLATFORM
    model = Tenant
    noun = "tenant"
    breadcrumbs = (
        ("Platform", ""),
        ("Tenants", "platform:tenant_list"),
    )
    list_url_name = "platform:tenant_list"
    detail_url_name = "platform:tenant_detail"

    def rows(self) -> QuerySet[Any]:
        return Tenant.objects.counted()


class TenantDetail(_TenantPage, DetailView):
    template_name = "tenants/tenant_detail.html"
    suspend = Action("Suspend", "platform:tenant_suspend", PLATFORM, "player-pause")
    resume = Action("Resume", "platform:tenant_resume", PLATFORM, "player-play")
    delete = Action("Delete", "platform:tenant_delete", PLATFORM, "trash", menu=True)

    def context(self, row: Tenant, /) -> dict[str, Any]:
        turn = self.suspend if row.state == Tenant.State.ACTIVE else self.resume
        links = [action.link(self.request, pk=row.pk) for action in (turn, self.delete)]
        acts = AuditEntry.objects.for_tenant(row).filter(kind="tenant").order_by("-pk")[:10]
        return {
            "actions": links,
            "more": [link for link in links if link and link.menu],
            "acts": acts,
        }


class TenantCreate(_TenantPage, EditView):
    form_class = TenantForm

    def form_options(self, row: Any) -> dict[str, Any]:
        return {}

    def save(self, form: TenantForm, row: Any) -> Tenant:
        typed, actor = form.cleaned_data, self.request.actor
        tenant = tenancy.create_tenant(
            slug=typed["slug"], name=typed["name"], time_zone=typed["time_zone"], actor=actor
        )
        profile = Profile.objects.for_tenant(tenant).get(name=tenancy.ADMINISTRATOR)
        members.invite(
            tenant=tenant,
            email=typed["admin_email"],
            name=typed["admin_name"],
            profile=profile,
            actor=actor,
        )
        return tenant


class TenantTurn(_TenantPage, EditView):
    """Suspend or resume, as `as_view(verb=…)` says."""

    form_class = ReasonForm
    verb: ClassVar[str] = "Suspend"

    def form_options(self, row: Any) -> dict[str, Any]:
        return {}

    def title(self, row: Tenant) -> str:
        return f"{self.verb} {row}"

    def context(self, row: Tenant, /) -> dict[str, Any]:
        return {"save_label": f"{self.verb} tenant"}

    def save(self, form: ReasonForm, row: Tenant) -> Tenant:
        suspends = self.verb == "Suspend"
        turn = tenancy.suspend_tenant if suspends else tenancy.resume_tenant
        turn(row, actor=self.request.actor, **form.cleaned_data)
        return row

    def message(self, row: Tenant, *, created: bool) -> str:
        return f"Tenant “{row}” is {row.state}."


class TenantDelete(_TenantPage, EditView):
    template_name = "tenants/tenant_delete.html"
    form_class = DeleteTenantForm

    def form_options(self, row: Tenant) -> dict[str, Any]:
        return {"tenant": row}

    def title(self, row: Tenant) -> str:
        return f"Delete {row}"

    def save(self, form: DeleteTenantForm, row: Tenant) -> Tenant:
        tenancy.delete_tenant(row, actor=self.request.actor)
        return row

    def message(self, row: Tenant, *, created: bool) -> str:
        return f"Deleted tenant “{row}” and everything it owned."

    def next_url(self, row: Tenant) -> str:
        return self.url(self.list_url_name)
