"""Pages of connection configs: list, type chooser and form, detail with *Connect*, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from connections import configs, declared, registry
from connections.filters import ConfigFilterSet
from connections.forms.configs import ConfigForm, config_initial
from connections.kit.base import Check, System
from connections.models import ConnectionConfig
from connections.tables import ConfigTable
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may, permission
from syncapp.ui.links import Action, Link, see_other, tenant_reverse
from syncapp.ui.states import state
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView

_CRUMBS = (("Connect", ""), ("Connection configs", "connections:config_list"))
_STEPS = {
    "address": "Name resolved",
    "tls": "TLS",
    "reach": "Reachable",
    "auth": "Signed in",
    "read": "May read",
    "clock": "Clock",
}
"""What the lines of a test are called on the page."""


class ConfigList(ListView):
    permission = "configs.view"
    model = ConnectionConfig
    noun = "connection config"
    title = "Connection configs"
    breadcrumbs = (_CRUMBS[0],)
    table_class = ConfigTable
    filterset_class = ConfigFilterSet
    primary = Action("New config", "connections:config_create", "configs.create", "plus")
    empty = Empty(
        "A config holds the address and credentials of a system. Connections refer to it.",
        icon="plug-connected",
    )


@permission("configs.create")
def config_create(request: TenantRequest) -> HttpResponse:
    """Ask for the type first: it decides what else is asked."""
    types = [
        {
            "label": label,
            "about": declared.about(code),
            "url": tenant_reverse(request, "connections:config_create_of", system_type=code)
            + (f"?{request.GET.urlencode()}" if "wizard" in request.GET else ""),
        }
        for code, label in declared.offered()
    ]
    crumbs = [
        {"label": label, "url": tenant_reverse(request, name) if name else ""}
        for label, name in _CRUMBS
    ]
    context = {"title": "New connection config", "types": types, "crumbs": crumbs}
    return render(request, "connections/config_types.html", context)


class ConfigEdit(EditView):
    model = ConnectionConfig
    noun = "connection config"
    breadcrumbs = _CRUMBS
    form_class = ConfigForm
    list_url_name = "connections:config_list"
    detail_url_name = "connections:config_detail"
    edit_url_name = "connections:config_edit"

    def form_options(self, row: ConnectionConfig | None) -> dict[str, Any]:
        if row is None:
            return {"kind": self._kind(self.kwargs["system_type"])}
        return {
            "kind": self._kind(row.system_type),
            "saved": configs.saved_secrets(row),
            "initial": config_initial(row),
        }

    def save(self, form: ConfigForm, row: ConnectionConfig | None) -> ConnectionConfig:
        actor = self.request.actor  # type: ignore[attr-defined]  # a TenantRequest
        if row is None:
            tenant, system_type = self.request.tenant, self.kwargs["system_type"]
            return configs.create(tenant, system_type, form.given(), actor=actor)  # type: ignore[arg-type]
        return configs.edit(row, form.given(), actor=actor)

    def next_url(self, row: ConnectionConfig) -> str:
        """Go back to the wizard, if that is where it was asked for."""
        draft, step = self.request.GET.get("wizard", ""), self.request.GET.get("step", "")
        if draft.isdecimal() and step.isdecimal() and len(draft + step) < 19:
            url = self.url("connections:wizard_step", pk=int(draft), step=int(step))
            return f"{url}?config={row.pk}"
        return super().next_url(row)

    def title(self, row: ConnectionConfig | None) -> str:
        if row is None:
            return f"New {declared.label_of(self.kwargs['system_type'])} config"
        return super().title(row)

    def _kind(self, system_type: str) -> type[System]:
        try:
            return registry.system_type(system_type)
        except registry.UnknownSystemType as error:
            raise Http404(error.message) from error


class ConfigDetail(DetailView):
    permission = "configs.view"
    model = ConnectionConfig
    noun = "connection config"
    breadcrumbs = _CRUMBS
    template_name = "connections/config_detail.html"
    actions = (
        Action("Edit", "connections:config_edit", "configs.edit", "pencil"),
        Action(
            "Delete",
            "connections:config_delete",
            "configs.delete",
            "trash",
            dialog=True,
            menu=True,
        ),
    )

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("account")

    def context(self, row: ConnectionConfig) -> dict[str, Any]:
        return {
            "type_label": declared.label_of(row.system_type),
            "facts": declared.facts(row, configs.saved_secrets(row)),
            "users": configs.users_of(row) if may(self.request, "inbound.view") else [],
            "may_test": may(self.request, "configs.test"),
            **_test_context(row, configs.checks_of(row)),
        }


class ConfigDelete(DeleteView):
    permission = "configs.delete"
    model = ConnectionConfig
    noun = "connection config"
    breadcrumbs = _CRUMBS
    list_url_name = "connections:config_list"
    detail_url_name = "connections:config_detail"

    def refusal(self, row: ConnectionConfig) -> Sequence[Link]:
        return [
            Link(str(user), self.url(user.page, pk=user.pk)) for user in configs.users_of(row)
        ]

    def delete_row(self, row: ConnectionConfig) -> None:
        configs.delete(row, actor=self.request.actor)  # type: ignore[attr-defined]


@door.own_transactions
@permission("configs.test")
@require_POST
def config_test(request: TenantRequest, pk: int) -> HttpResponse:
    """*Connect*: test the config line by line; htmx gets the checklist alone."""
    with door.tenant(request.tenant.pk):
        rows = ConnectionConfig.objects.for_tenant(request.tenant)
        config: ConnectionConfig = get_object_or_404(rows, pk=pk)
    checks = configs.run_checks(config, actor=request.actor, now=timezone.now)
    with door.tenant(request.tenant.pk):
        config = get_object_or_404(rows.select_related("account"), pk=pk)
        if request.htmx:
            template = "connections/config_detail.html#test"
            context = {"object": config, "may_test": True, **_test_context(config, checks)}
            return render(request, template, context)
        if not all(check.ok for check in checks):
            messages.error(request, checks[-1].message)
        return see_other(
            request, tenant_reverse(request, "connections:config_detail", pk=config.pk)
        )


def _test_context(config: ConnectionConfig, checks: Sequence[Check]) -> dict[str, Any]:
    """Give what the checklist shows; the first line that failed says what to do."""
    failed = next((check for check in checks if not check.ok), None)
    return {
        "checks": [
            {
                "name": _spoken(check.name),
                "ok": check.ok,
                "look": state(_state_of(check, config)),
                "message": check.message,
                "seconds": check.elapsed_ms / 1000,
            }
            for check in checks
        ],
        "failed": failed,
        "signed_in_to": config.account,
    }


def _spoken(name: str) -> str:
    """Name a line of the test as people do; the API keeps the short name."""
    step, _, entity = name.partition(":")
    return f"{_STEPS.get(step, step.replace('_', ' ').capitalize())} {entity}".rstrip()


def _state_of(check: Check, config: ConnectionConfig) -> str:
    """Tell what failed and what travels in clear text from what is well."""
    if not check.ok:
        return "failed"
    in_clear = check.name == "tls" and config.endpoint.lower().startswith("http:")
    return "warning" if in_clear else "passed"
