"""What the pages of drafts have in common: whose draft it is, and the ways between them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from connections import answering, drafts
from connections.directions import INBOUND, Direction
from connections.drafts import ConnectionDraft, Holder
from connections.models import Connection
from connections.views import board as boards
from connections.views.board import AWKWARD, SHOWS, Board, shown
from connections.views.drawn import Drawn
from connections.views.tabs import tabs_of
from syncapp.errors import Changed, SyncAppError
from syncapp.tenants.actors import Actor
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may
from syncapp.ui.views import Page

STALE = (
    "Somebody else changed this draft meanwhile, so nothing was saved. What you entered is still "
    "here; look at the draft as it is now, then save again."
)


class DraftPage(Page):
    """A page of a draft. A wizard overrides `find` and `around`."""

    model = Connection
    way: ClassVar[Direction] = INBOUND
    tab: ClassVar[str] = "mapping"

    def find(self) -> Holder:
        """Give the draft that the address names, or answer 404."""
        rows = Connection.objects.for_tenant(cast("TenantRequest", self.request).tenant)
        joined = rows.select_related("config", "object", "live_version", "tenant")
        return ConnectionDraft(
            get_object_or_404(joined, direction=self.way.code, pk=self.kwargs["pk"])
        )

    def around(self, holder: Holder) -> dict[str, Any]:
        """Give what frames the page: title, tabs, the way to it."""
        connection = holder.connection
        return {
            "object": connection,
            "title": str(connection),
            "crumbs": self.crumbs(),
            "tabs": tabs_of(self.request, connection, self.tab),
            "edit_url": self.url(self.way.page("edit"), pk=connection.pk)
            if self.editable(holder)
            else "",
        }

    def load(self, holder: Holder, asked: Mapping[str, Any], *, row: bool = False) -> Board:
        """Read the draft; what formulas look up depends on who asks."""
        request = cast("TenantRequest", self.request)
        answers = partial(
            answering.for_holder,
            request.tenant,
            request.member,
            now=timezone.now(),
            connection=holder.connection,
        )
        return boards.load(holder, asked, answers, row=row)

    def board(self, board: Board, *, trouble: str = "", status: int = 200) -> HttpResponse:
        """Draw the editor."""
        fragment = self.request.htmx and not self.request.htmx.history_restore_request
        template = f"{self.template_name}#board" if fragment else self.template_name
        lines, around = shown(board), self.context(board)
        drawn = Drawn(around["urls"]["mapping_row"], around["here"], around["editable"])
        context = {
            **around,
            "trouble": trouble,
            "lines": lines,
            "bodies": drawn.bodies(lines),
            "shows": [(show, word, board.counts[show]) for show, word in SHOWS.items()],
            "awkward": AWKWARD,
            "waiting": sum(line.state == "suggested" for line in board.lines),
        }
        return self.page(context, template=template, status=status)

    def context(self, board: Board) -> dict[str, Any]:
        """Give what the templates of the editor show."""
        holder = board.holder
        names = ("mapping", "mapping_row", "mapping_act", "mapping_copy", "mapping_samples")
        return {
            **self.around(holder),
            "board": board,
            "editable": self.editable(holder),
            "urls": {name: self.place(holder, name) for name in names},
            "here": f"&{board.query}" if board.query else "",
            "etag": holder.etag,
            "step": drafts.last_step(holder),
            "gaps": board.gaps,
            "changes": board.changes,
            "ways": self.ways(holder),
            "record": board.sample_text,
        }

    def refused(self, holder: Holder, error: SyncAppError) -> HttpResponse:
        """Show the draft as it is now, and why nothing was done."""
        told = STALE if isinstance(error, Changed) else error.message
        return self.board(
            self.load(holder, self.request.POST), trouble=told, status=error.status
        )

    def editable(self, holder: Holder) -> bool:
        """Tell whether whoever asks may change the draft."""
        return may(self.request, holder.permission)

    def require_editable(self, holder: Holder) -> None:
        """Let pass or answer 403."""
        if not self.editable(holder):
            raise PermissionDenied(holder.permission)

    def place(self, holder: Holder, page: str, query: str = "") -> str:
        """Give the address of another page of this draft."""
        address = self.url(f"{holder.pages}{page}", **holder.arguments)
        return f"{address}?{query}" if query else address

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return cast("TenantRequest", self.request).actor

    @property
    def etag(self) -> int | None:
        """The state of the draft that the page was drawn from."""
        text = self.request.POST.get("etag", "")
        return int(text) if text.isdecimal() and len(text) < 10 else None

    def ways(self, holder: Holder) -> dict[str, str]:
        """Lead to what comes after the draft: the differences, and publishing."""
        connection = holder.connection
        if not connection.pk:
            return {}
        ways = {"diff": "view", "publish": "activate", "deactivate": "activate"}
        return {
            page: self.url(self.way.page(page), pk=connection.pk)
            for page, action in ways.items()
            if may(self.request, self.way.permission(action))
        }
