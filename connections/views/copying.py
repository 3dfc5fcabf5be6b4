"""Copying mappings of another connection: what fits comes along, what does not is shown."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse

from connections import drafts, editing
from connections.checking import Known
from connections.directions import DIRECTIONS
from connections.document import read_mappings
from connections.drafts import Holder
from connections.models import Connection
from connections.target_lines import Line
from connections.views.board import children_of
from connections.views.drafting import STALE, DraftPage
from syncapp.errors import Changed, SyncAppError
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import PageRequest, may
from syncapp.ui.links import see_other


class MappingCopy(DraftPage):
    """Choose a connection, look at what would come, take it."""

    template_name = "connections/mapping_copy.html"

    def get(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Show the connections, and of the chosen one what would come."""
        holder = self.find()
        self.require_editable(holder)
        return self._page(holder, self._chosen(holder, request.GET.get("from", "")))

    def post(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Take over what fits."""
        holder = self.find()
        self.require_editable(holder)
        chosen = self._chosen(holder, request.POST.get("from", ""))
        if chosen is None:
            return self._page(holder, None, status=422, trouble="Choose a connection.")
        before = len(drafts.rows_of(holder))
        rows, _ = self._copied(holder, chosen)
        n = len(rows) - before
        told = f"{n} mapping{'' if n == 1 else 's'}"
        try:
            drafts.change(
                holder,
                said=f"Copy {told} from {chosen}",
                rows=rows,
                actor=self.actor,
                etag=self.etag,
            )
        except SyncAppError as error:
            trouble = STALE if isinstance(error, Changed) else error.message
            return self._page(self.find(), chosen, status=error.status, trouble=trouble)
        messages.success(request, f"Copied {told} from “{chosen}”.")
        return see_other(request, self.place(holder, "mapping"))

    def _page(
        self, holder: Holder, chosen: Connection | None, *, trouble: str = "", status: int = 200
    ) -> HttpResponse:
        context: dict[str, Any] = {
            **self.around(holder),
            "others": self._others(holder),
            "chosen": chosen,
            "trouble": trouble,
            "etag": holder.etag,
            "back_url": self.place(holder, "mapping"),
        }
        if chosen is not None:
            present = len(drafts.rows_of(holder))
            rows, unfit = self._copied(holder, chosen)
            context["fitting"] = [
                Line(row.target, row.target, row=row) for row in rows[present:]
            ]
            context["unfit"] = [Line(row.target, row.target, row=row) for row in unfit]
        return self.page(context, status=status)

    def _copied(self, holder: Holder, chosen: Connection) -> Any:
        shape, known = holder.shape(), Known(holder.tenant.pk)
        rows = drafts.rows_of(holder)
        theirs = read_mappings(chosen.mapping)
        if shape is None:
            return rows, list(theirs)
        return editing.copied(rows, theirs, shape, children_of(shape, known))

    def _others(self, holder: Holder) -> QuerySet[Connection]:
        """Give the connections that whoever asks may see, this one not among them."""
        directions = [
            code
            for code, way in DIRECTIONS.items()
            if may(self.request, way.permission("view"))
        ]
        rows = Connection.objects.for_tenant(cast("TenantRequest", self.request).tenant)
        found = rows.filter(direction__in=directions).exclude(pk=holder.connection.pk)
        return found.order_by("name")

    def _chosen(self, holder: Holder, text: str) -> Connection | None:
        if not text:
            return None
        pk = int(text) if text.isdecimal() and len(text) < 19 else 0
        found = self._others(holder).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found
