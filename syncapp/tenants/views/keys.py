from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from syncapp.tenants import matrix
from syncapp.tenants.filters import ApiKeyFilterSet
from syncapp.tenants.forms import ApiKeyForm
from syncapp.tenants.http import TenantRequest
from syncapp.tenants.models import ApiKey
from syncapp.tenants.services import keys
from syncapp.tenants.tables import ApiKeyTable
from syncapp.ui.access import PageRequest
from syncapp.ui.links import Action
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView, Page

_SETUP = ("Set-up", "")


class ApiKeyList(ListView):
    request: TenantRequest
    permission = "api_keys.view"
    model = ApiKey
    noun = "API key"
    title = "API keys"
    breadcrumbs = (_SETUP,)
    list_url_name = "tenants:api_key_list"
    table_class = ApiKeyTable
    filterset_class = ApiKeyFilterSet
    primary = Action("New key", "tenants:api_key_create", "api_keys.create", "plus")
    empty = Empty("A key lets another program use the REST API of this tenant.", icon="key")


class _ApiKeyPage(Page):
    request: TenantRequest
    model = ApiKey
    noun = "API key"
    breadcrumbs = (
        _SETUP,
        ("API keys", "tenants:api_key_list"),
    )
    list_url_name = "tenants:api_key_list"
    detail_url_name = "tenants:api_key_detail"

    def rows(self) -> QuerySet[Any]:
        return ApiKey.objects.for_tenant(self.request.tenant).select_related("tenant")


class ApiKeyDetail(_ApiKeyPage, DetailView):
    permission = "api_keys.view"
    template_name = "tenants/api_key_detail.html"
    actions = (
        Action("Revoke", "tenants:api_key_revoke", "api_keys.delete", "ban", dialog=True),
    )

    def context(self, row: ApiKey, /) -> dict[str, Any]:
        context: dict[str, Any] = {"matrix": matrix.rows(row.permissions, ())}
        return context | ({"actions": []} if row.revoked_at else {})


class ApiKeyCreate(_ApiKeyPage, EditView):
    permission = "api_keys.create"
    template_name = "tenants/api_key_form.html"
    form_class = ApiKeyForm

    def form_options(self, row: Any) -> dict[str, Any]:
        return {"actor": self.request.actor, "given": []}

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with the key's text itself: it is nowhere else, and never shown again."""
        form = self.form(None)
        issued = self._try(form, None) if form.is_valid() else None
        if issued is None:
            return self._form_page(form, None, status=422)
        key, text = issued
        response = self.page(
            {"title": f"Key {key}", "object": key, "text": text},
            template="tenants/api_key_created.html",
        )
        response["Cache-Control"] = "no-store"
        return response

    def save(self, form: ApiKeyForm, row: Any) -> tuple[ApiKey, str]:
        typed, now = form.cleaned_data, timezone.now()
        return keys.issue_key(
            tenant=self.request.tenant,
            name=typed["name"],
            permissions=typed["permissions"],
            expires_at=now + typed["lifetime"] if typed["lifetime"] else None,
            actor=self.request.actor,
            now=now,
        )


class ApiKeyRevoke(_ApiKeyPage, DeleteView):
    permission = "api_keys.delete"
    verb = "Revoke"

    def delete_row(self, row: ApiKey) -> None:
        keys.revoke_key(row, actor=self.request.actor, now=timezone.now())
