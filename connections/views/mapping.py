"""The mapping editor: every target field as a row, what fills it, and what a sample gives.

Each change is saved by itself, as a step that can be undone. Without a script the editor of a row
is a page of its own; with one it opens in the row's place.
"""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from connections import drafts, editing, publish, target_lines
from connections.document import NESTED, FieldMapping
from connections.forms.mapping import PLACES, MappingForm, kinds_of
from connections.kit.base import RemoteError
from connections.target_lines import Line
from connections.views import drawn
from connections.views.acts import act
from connections.views.board import Board
from connections.views.drafting import STALE, DraftPage
from connections.views.drawn import Drawn
from syncapp.errors import Changed, Invalid, SyncAppError
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import PageRequest, require
from syncapp.ui.links import see_other


class MappingPage(DraftPage):
    """The whole editor; htmx gets the board alone."""

    template_name = "connections/mapping.html"

    def get(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Show the draft."""
        return self.board(self.load(self.find(), request.GET))


class MappingAct(DraftPage):
    """What buttons of the editor do: each is one step."""

    template_name = "connections/mapping.html"

    def get(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Lead whoever follows the bare address to the editor."""
        return see_other(request, self.place(self.find(), "mapping"))

    def post(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Do it."""
        holder = self.find()
        self.require_editable(holder)
        verb, _, name = request.POST.get("act", "").partition(":")
        try:
            told = act(holder, verb, name, actor=self.actor, etag=self.etag)
        except SyncAppError as error:
            return self.refused(self.find(), error)
        board = self.load(holder, request.POST)
        board.told = told
        if request.htmx:
            return self.board(board)
        if told:
            messages.success(request, told)
        if request.POST.get("back") == "conditions":
            return see_other(request, self.place(holder, "conditions"))
        return see_other(request, self.place(holder, "mapping", board.query))


class MappingRow(DraftPage):
    """The editor of one row."""

    template_name = "connections/mapping_row.html"

    def get(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Open it, or close it again."""
        board = self.load(self.find(), request.GET, row=True)
        line, top = self._named(board)
        if "close" in request.GET:
            return self._row(board, top, None, None)
        form = self._form(board, line) if self.editable(board.holder) else None
        return self._row(board, top, line, form)

    def post(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Try what was entered, or save it."""
        holder = self.find()
        self.require_editable(holder)
        board = self.load(holder, request.POST, row=True)
        line, top = self._named(board)
        form = self._form(board, line, sent=True)
        if "_try" in request.POST:
            return self._tried(board, line, form)
        try:
            saved = form.is_valid() and self._save(board, line, form)
        except Changed:
            return self._stale(form)
        except SyncAppError as error:
            form.refuse(error)
            saved = False
        if not saved:
            return self._row(board, top, line, form, status=422)
        asked = {**request.POST.dict(), "row": form.present.uuid}
        asked.pop("new", None)  # it is made by now
        board = self.load(holder, asked, row=True)
        found, top = self._named(board)
        if request.htmx:
            return self._row(board, top, None, None)
        messages.success(request, f"Saved the mapping of {found.target}.")
        return see_other(request, f"{self.place(holder, 'mapping', board.query)}#{top.key}")

    def _named(self, board: Board) -> tuple[Line, Line]:
        """Give the line that is meant, and the one among whose lines it is shown."""
        if board.named is None:
            raise Http404
        return board.named, board.top(board.named)

    def _form(self, board: Board, line: Line, *, sent: bool = False) -> MappingForm:
        kinds = kinds_of(line.shape, child=line.child, nested=bool(line.inside))
        row = line.row or FieldMapping(line.target, kind=kinds[0], uuid=str(uuid.uuid4()))
        return MappingForm(
            self.request.POST if sent else None,
            kinds=kinds,
            maps=board.known.maps,
            named=not line.fresh,
            row=row,
            prefix="edit",
        )

    def _save(self, board: Board, line: Line, form: MappingForm) -> bool:
        row = form.row()
        if not self._judged(board, line, form, row):
            return False
        verb = "Change" if line.row else "Map"
        drafts.change(
            board.holder,
            said=f"{verb} {row.target}",
            rows=lambda present: editing.put(present, row, line.inside),
            actor=self.actor,
            etag=self.etag,
        )
        return True

    def _judged(self, board: Board, line: Line, form: MappingForm, row: FieldMapping) -> bool:
        """Say at its place what is wrong with a row that is to be on."""
        if board.shape is None or not row.enabled:
            return True
        if row.kind in NESTED:  # its own mappings come after it
            found = [] if row.source else ["choose a source field."]
        else:
            around = drafts.find(board.rows, line.inside)
            judged = editing.only(around, row) if around else row
            gaps = publish.row_gaps(judged, board.shape, board.known)
            found = [line.plain(gap.message) for gap in gaps if gap.row == row.uuid]
        for told in found:
            form.add_error(PLACES.get(row.kind, "source"), told)
        return not found

    def _tried(self, board: Board, line: Line, form: MappingForm) -> HttpResponse:
        """Show what the row would give for the sample."""
        line.cell = None
        if form.is_valid() and board.sample:
            row = form.row()
            changed = editing.put(board.rows, row, line.inside)
            line.cell, line.row = board.tried(changed, row.uuid), row
            target_lines.tell_type(line, board.sources_inside(line.inside))
        context = {"sample": board.sample, "line": line, "result": drawn.result(line)}
        return self.page(context, template="connections/_mapping_tried.html")

    def _stale(self, form: MappingForm) -> HttpResponse:
        """Show what was entered beside the draft as it is now; saving again takes it."""
        board = self.load(self.find(), self.request.POST, row=True)
        try:
            line, top = self._named(board)
        except Http404:
            message = f"{STALE} The mapping itself is gone."
            raise Invalid(message, code="changed") from None
        form.add_error(None, STALE)
        return self._row(board, top, line, form, status=Changed.status)

    def _row(
        self,
        board: Board,
        top: Line,
        line: Line | None,
        form: MappingForm | None,
        *,
        status: int = 200,
    ) -> HttpResponse:
        context = {**self.context(board), "line": top, "open": line, "form": form}
        if line is not None:
            context["fields"] = board.sources_inside(line.inside)
        if self.request.htmx:
            drawer = Drawn(context["urls"]["mapping_row"], context["here"], context["editable"])
            shown = [one for one in top.each() if not one.fresh]
            context["rows"] = [(one, drawer.row(one), one is line) for one in shown]
            context["more"] = drawer.more(top)
            return self.page(context, template="connections/_mapping_swap.html", status=status)
        if line is None:
            return see_other(self.request, self.place(board.holder, "mapping", board.query))
        return self.page({**context, "tabs": ()}, status=status)


class MappingSamples(DraftPage):
    """Asks the source for records to try mappings on; it talks, so it opens no door meanwhile."""

    template_name = "connections/mapping.html"

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ask first, and then answer inside the tenant's door."""
        require(request, self.permission)
        trouble = ""
        if request.method == "POST":
            with door.tenant(request.tenant.pk):
                holder = self.find()
                self.require_editable(holder)
            try:
                holder.fetch(now=timezone.now)
            except (RemoteError, SyncAppError) as error:
                trouble = error.message
        with door.tenant(request.tenant.pk):
            holder = self.find()
            if request.method == "POST" and trouble:
                board = self.load(holder, cast("TenantRequest", request).POST)
                return self.board(board, trouble=trouble, status=409)
            if request.htmx:
                return self.board(self.load(holder, request.POST))
            return see_other(request, self.place(holder, "mapping"))
