from __future__ import annotations

from typing import Any

from syncapp.tenants.forms import SettingsForm
from syncapp.tenants.http import TenantRequest
from syncapp.tenants.models import Tenant
from syncapp.tenants.services import tenancy
from syncapp.ui.links import Action
from syncapp.ui.views import DetailView, EditView

_SETUP = ("Set-up", "")


class Settings(DetailView):
    request: TenantRequest
    permission = "settings.view"
    model = Tenant
    template_name = "tenants/settings.html"
    breadcrumbs = (_SETUP,)

    def one(self) -> Tenant:
        return self.request.tenant

    def context(self, row: Tenant, /) -> dict[str, Any]:
        edit = Action("Edit", "tenants:settings_edit", "settings.edit", "pencil")
        link = edit.link(self.request)
        return {"title": "Tenant settings", "actions": [link] if link else []}


class SettingsEdit(EditView):
    request: TenantRequest
    permission = "settings.edit"
    model = Tenant
    noun = "tenant"
    breadcrumbs = (_SETUP, ("Tenant settings", "tenants:settings"))
    list_url_name = "tenants:settings"
    form_class = SettingsForm

    def form_options(self, row: Any) -> dict[str, Any]:
        tenant = self.request.tenant
        return {"initial": {"name": tenant.name, "time_zone": tenant.time_zone}}

    def title(self, row: Any) -> str:
        return "Edit tenant settings"

    def save(self, form: SettingsForm, row: Any) -> Tenant:
        tenant = self.request.tenant
        return tenancy.edit_tenant(tenant, actor=self.request.actor, **form.cleaned_data)

    def message(self, row: Tenant, *, created: bool) -> str:
        return "Saved the tenant's settings."
