from __future__ import annotations

from typing import Any

from syncapp.tenants.filters import AuditFilterSet
from syncapp.tenants.http import TenantRequest
from syncapp.tenants.models import AuditEntry
from syncapp.tenants.tables import AuditTable
from syncapp.ui.paging import Keyset
from syncapp.ui.views import DetailView, Empty, ListView

_SETUP = ("Set-up", "")


class AuditList(ListView):
    request: TenantRequest
    permission = "audit.view"
    model = AuditEntry
    noun = "entry"
    title = "Audit"
    breadcrumbs = (_SETUP,)
    list_url_name = "tenants:audit_list"
    table_class = AuditTable
    filterset_class = AuditFilterSet
    keyset = Keyset()
    empty = Empty("Each change of configuration leaves an entry here.", icon="history")


class AuditDetail(DetailView):
    request: TenantRequest
    permission = "audit.view"
    model = AuditEntry
    noun = "entry"
    template_name = "tenants/audit_detail.html"
    breadcrumbs = (_SETUP, ("Audit", "tenants:audit_list"))
    list_url_name = "tenants:audit_list"

    def context(self, row: AuditEntry, /) -> dict[str, Any]:
        changes = [(name, *map(_told, pair)) for name, pair in row.diff.items()]
        return {"title": f"{row.object_label}: {row.action}", "changes": changes}


def _told(value: Any) -> str:
    """Write a value of a diff as text: lists one below the other."""
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "\n".join(_told(item) for item in value)
        case dict():
            return "\n".join(f"{name}: {_told(item)}" for name, item in value.items())
    return str(value)
