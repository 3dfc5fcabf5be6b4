"""Pages of value maps: list, detail with inbox, form with all entries, pasting, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from formulas.filters import MapFilterSet
from formulas.forms import MOST_LINES, MapForm, PasteForm, numbered, sent_lines
from formulas.models import ValueMap
from formulas.services import entries as rules, maps
from formulas.tables import MapTable
from syncapp.tenants.http import TenantRequest
from syncapp.tenants.integrity import users_of
from syncapp.ui import formats
from syncapp.ui.links import Action, Link
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView, Page

CRUMBS: Final[tuple[tuple[str, str], ...]] = (("Data", ""), ("Value maps", "formulas:map_list"))
SHOWN: Final = 200


class _MapPage(Page):
    request: TenantRequest
    model = ValueMap
    noun = "value map"
    breadcrumbs = CRUMBS
    list_url_name = "formulas:map_list"
    detail_url_name = "formulas:map_detail"

    def rows(self) -> QuerySet[Any]:
        return ValueMap.objects.for_tenant(self.request.tenant).select_related("tenant")


class MapList(_MapPage, ListView):
    permission = "value_maps.view"
    title = "Value maps"
    breadcrumbs = CRUMBS[:1]
    table_class = MapTable
    filterset_class = MapFilterSet
    primary = Action("New value map", "formulas:map_create", "value_maps.create", "plus")
    empty = Empty(
        "A value map translates the codes of one system into those of another, such as payment"
        " terms: formulas ask it with translatemap, and what it does not know waits here.",
        icon="arrows-exchange",
    )

    def rows(self) -> QuerySet[Any]:
        return maps.counted(super().rows())


class MapDetail(_MapPage, DetailView):
    permission = "value_maps.view"
    template_name = "formulas/map_detail.html"
    actions = (
        Action("Edit", "formulas:map_edit", "value_maps.edit", "pencil"),
        Action("Paste entries", "formulas:map_paste", "value_maps.edit", "upload"),
        Action(
            "Delete",
            "formulas:map_delete",
            "value_maps.delete",
            "trash",
            dialog=True,
            menu=True,
        ),
    )

    def rows(self) -> QuerySet[Any]:
        return maps.counted(super().rows())

    def context(self, row: Any, /) -> dict[str, Any]:
        asked = self.request.GET.get("q", "").strip()
        found = row.entries.order_by("key")
        if asked:
            found = found.filter(Q(key__icontains=asked) | Q(value__icontains=asked))
        shown = list(found[: SHOWN + 1])
        inbox = list(row.unmapped.order_by("ignored", "-count", "key")[: SHOWN + 1])
        return {
            "asked": asked,
            "entries": shown[:SHOWN],
            "more_entries": len(shown) > SHOWN,
            "waiting": [one for one in inbox[:SHOWN] if not one.ignored],
            "ignored": [one for one in inbox[:SHOWN] if one.ignored],
            "more_waiting": len(inbox) > SHOWN,
            "targets": _targets(row),
            "may_edit": self.request.member.may("value_maps.edit"),
        }


def _targets(row: ValueMap) -> list[str]:
    """Propose what a value may be mapped to: what others are."""
    if row.value_type == ValueMap.ValueType.BOOLEAN:
        return ["true", "false"]
    return list(row.entries.order_by("value").values_list("value", flat=True).distinct()[:100])


class MapEdit(_MapPage, EditView):
    """The table is redrawn by buttons of the same form, so it works without a script."""

    permission = "value_maps.edit"
    template_name = "formulas/map_form.html"
    form_class = MapForm
    edit_url_name = "formulas:map_edit"

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if asked := request.POST.get("_redraw"):
            row = self.one() if "pk" in self.kwargs else None
            return self._form_page(self._redrawn(asked), row)
        return super().post(request, *args, **kwargs)

    def form(self, row: ValueMap | None) -> MapForm:
        sent = self.request.POST
        if self.request.method == "POST":
            return MapForm(data=sent, lines=sent_lines(sent), as_text="text" in sent)
        present = maps.entries_of(row) if row else {}
        initial = {
            "text": rules.written(present.items()),
            "revision": row.revision if row else None,
        }
        if row:
            initial |= {
                name: getattr(row, name) for name in ("name", "description", "value_type")
            }
        lines = numbered([*present.items(), *[("", "")] * (1 if present else 3)])
        return MapForm(initial=initial, lines=lines, as_text=len(present) > MOST_LINES)

    def _redrawn(self, asked: str) -> MapForm:
        """Show what was typed, unjudged, with the lines changed as the button asked."""
        sent = self.request.POST
        lines, initial, as_text = sent_lines(sent), sent.dict(), "text" in sent
        if asked == "table":
            read, problems = rules.pasted(sent.get("text", ""))
            if problems or len(read) > MOST_LINES:
                return MapForm(data=sent, lines=[], as_text=True)
            lines, as_text = numbered((line.key, line.value) for line in read), False
        pairs = [(line.key, line.value) for line in lines]
        if asked == "text":
            filled = [pair for pair in pairs if any(pair)]
            initial["text"], as_text = rules.written(filled), True
        elif asked == "add":
            pairs.append(("", ""))
        elif asked.startswith("remove:") and asked[7:].isdecimal():
            pairs = [pair for at, pair in enumerate(pairs, 1) if at != int(asked[7:])]
        return MapForm(initial=initial, lines=numbered(pairs), as_text=as_text)

    def save(self, form: MapForm, row: ValueMap | None) -> ValueMap:
        typed = {
            name: form.cleaned_data[name] for name in ("name", "description", "value_type")
        }
        actor = self.request.actor
        if row is None:
            tenant = self.request.tenant
            return maps.create_map(tenant=tenant, entries=form.entries, actor=actor, **typed)
        known = form.cleaned_data["revision"]
        return maps.edit_map(row, entries=form.entries, known=known, actor=actor, **typed)

    def context(self, _row: Any, /) -> dict[str, Any]:
        return {"most_lines": MOST_LINES, "redrawn": self.request.POST.get("_redraw", "")}


class MapPaste(_MapPage, EditView):
    """Pasting shows what it would do before it does it."""

    permission = "value_maps.edit"
    template_name = "formulas/map_paste.html"
    form_class = PasteForm
    preview: dict[str, Any] | None = None

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if "_preview" not in request.POST:
            return super().post(request, *args, **kwargs)
        row = self.one()
        form = cast("PasteForm", self.form(row))
        if not form.is_valid():
            return self._form_page(form, row, status=422)
        self.preview = _preview(rules.compare(maps.entries_of(row), _wanted(form, row)))
        return self._form_page(form, row)

    def title(self, row: Any) -> str:
        return f"Paste entries into {row}"

    def form_options(self, row: Any) -> dict[str, Any]:
        return {"row": row}

    def save(self, form: PasteForm, row: ValueMap) -> ValueMap:
        known = form.cleaned_data["revision"]
        wanted = _wanted(form, row)
        return maps.edit_map(row, entries=wanted, known=known, actor=self.request.actor)

    def context(self, _row: Any, /) -> dict[str, Any]:
        return {"preview": self.preview}


def _wanted(form: PasteForm, row: ValueMap) -> dict[str, str]:
    kept = maps.entries_of(row) if form.cleaned_data["mode"] == "add" else {}
    return {**kept, **form.entries}


def _preview(difference: rules.Difference) -> dict[str, Any]:
    lines = [
        *((key, before, after) for key, (before, after) in difference.changed.items()),
        *((key, None, after) for key, after in difference.added.items()),
        *((key, before, None) for key, before in difference.removed.items()),
    ]
    return {
        "added": len(difference.added),
        "changed": len(difference.changed),
        "removed": len(difference.removed),
        "total": len(lines),
        "lines": lines[:SHOWN],
        "more": len(lines) > SHOWN,
    }


class MapDelete(_MapPage, DeleteView):
    permission = "value_maps.delete"

    def refusal(self, row: ValueMap, /) -> Sequence[Link]:
        return [
            Link(f"{user._meta.verbose_name} “{user}”", self._page_of(user))
            for user in users_of(row)
        ]

    def consequences(self, row: ValueMap, /) -> Sequence[str]:
        counts = {"entries": row.entries.count(), "unmapped values": row.unmapped.count()}
        return [f"{formats.count(n)} {what}" for what, n in counts.items() if n]

    def delete_row(self, row: ValueMap) -> None:
        maps.delete_map(row, actor=self.request.actor)

    def _page_of(self, user: Any) -> str:
        """Find the page of what uses the map; other rooms are known by address only."""
        return self.url(user.connection.page, pk=user.connection_id)
