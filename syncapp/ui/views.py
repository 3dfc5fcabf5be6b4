"""The four pages every noun has: list, detail, edit, delete.

A subclass says what (model, table, form, permission, words); it decides nothing. Permission comes
before anything else, rows come through the tenant, a foreign row is a 404, a POST answers 303.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, cast

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.forms import BaseForm, BaseModelForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.generic import View

from syncapp.errors import SyncAppError
from syncapp.ui import paging
from syncapp.ui.access import PageRequest, Scoped, require
from syncapp.ui.filters import FilterSet
from syncapp.ui.forms import FormMixin
from syncapp.ui.links import Action, Link, Tab, see_other, tenant_reverse
from syncapp.ui.paging import InvalidCursorError, Keyset, Pager
from syncapp.ui.tables import Table


@dataclass(frozen=True, slots=True)
class Empty:
    """What a list says while it has nothing to show: what it is for, and the first step."""

    text: str
    action: Action | None = None
    icon: str = "inbox"


class Page(View):
    """What the four have in common.

    Attributes:
        permission: code without which the page is a 403.
        model: whose rows; its manager must have `for_tenant`.
        noun: the thing in lower case, singular: "connection config".
        breadcrumbs: (label, name of an address or "") from the outside in, without the page.
        list_url_name, detail_url_name, edit_url_name: names of addresses below the tenant;
            the latter two take `pk`.
    """

    permission: ClassVar[str] = ""
    model: ClassVar[type[Model]]
    template_name: str
    noun: ClassVar[str] = "entry"
    breadcrumbs: ClassVar[Sequence[tuple[str, str]]] = ()
    list_url_name: ClassVar[str] = ""
    detail_url_name: ClassVar[str] = ""
    edit_url_name: ClassVar[str] = ""
    request: PageRequest

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        """Make the view; it carries its permission as the decorated functions do."""
        code = initkwargs.get("permission", cls.permission)
        if not code:
            raise ImproperlyConfigured(
                f"{cls.__name__} does not say which permission it needs."
            )
        view = super().as_view(**initkwargs)
        view.required_permission = code  # type: ignore[attr-defined]  # read by the sweep test
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Decide first, then answer; the answer differs for htmx."""
        require(request, self.permission)
        response = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(cast("HttpResponse", response), ["HX-Request"])
        return response

    def rows(self) -> QuerySet[Any]:
        """Give this tenant's rows; override to join what the page shows."""
        return cast("Scoped", self.model._default_manager).for_tenant(self.request.tenant)

    def one(self) -> Any:
        """Give the row that the address names, or answer 404."""
        return get_object_or_404(self.rows(), pk=self.kwargs["pk"])

    def url(self, name: str, **kwargs: object) -> str:
        """Reverse an address of this tenant."""
        return tenant_reverse(self.request, name, **kwargs)

    def crumbs(self) -> list[dict[str, str]]:
        """Give the breadcrumb without the page itself."""
        return [
            {"label": label, "url": self.url(name) if name else ""}
            for label, name in self.breadcrumbs
        ]

    def page(
        self, context: dict[str, Any], *, template: str | None = None, status: int = 200
    ) -> HttpResponse:
        """Draw the page."""
        context = {"crumbs": self.crumbs(), **context}
        return render(self.request, template or self.template_name, context, status=status)


class ListView(Page):
    """A table with filters and pages.

    Attributes:
        keyset: for hot tables: pages are cut by this key, without sorting and full counts.
    """

    template_name = "ui/list.html"
    title: ClassVar[str]
    table_class: ClassVar[type[Table]]
    filterset_class: ClassVar[type[FilterSet] | None] = None
    empty: ClassVar[Empty] = Empty("There is nothing here yet.")
    primary: ClassVar[Action | None] = None
    keyset: ClassVar[Keyset | None] = None

    def get(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Show the list, or for htmx only its results."""
        filterset = self.filtered()
        try:
            table, pager = self._cut(filterset.qs if filterset else self.rows())
        except InvalidCursorError:  # an old bookmark, or somebody's play with the address
            return see_other(request, request.path)
        shown = {
            "title": self.title,
            "table": table,
            "pager": pager,
            "filterset": filterset,
            "filtered": filterset is not None and filterset.active,
            "empty": self._empty(),
            "primary": self.primary.link(request) if self.primary else None,
        }
        fragment = request.htmx and not request.htmx.history_restore_request
        return self.page(
            {**shown, **self.context()}, template="ui/list.html#results" if fragment else None
        )

    def _cut(self, rows: Any) -> tuple[Table, Pager]:
        request = self.request
        size = paging.page_size(request)
        if self.keyset:
            found, pager = paging.keyed(rows, keyset=self.keyset, request=request, size=size)
            return self.table_class(found, request=request, order_by=(), orderable=False), pager
        whole = self.table_class(rows, request=request, order_by=request.GET.get("sort"))
        found, pager = paging.numbered(whole.ordered(), request=request, size=size)
        return whole.showing(found), pager

    def filtered(self) -> FilterSet | None:
        """Give the filters, bound to the address."""
        if self.filterset_class is None:
            return None
        return self.filterset_class(
            self.request.GET, queryset=self.rows(), request=self.request
        )

    def context(self) -> dict[str, Any]:
        """Give more context; a hook."""
        return {}

    def _empty(self) -> dict[str, Any]:
        action = self.empty.action or self.primary
        link = action.link(self.request) if action else None
        return {"text": self.empty.text, "icon": self.empty.icon, "link": link}


class DetailView(Page):
    """One row: what it is, whether it is well, what can be done with it."""

    template_name = "ui/detail.html"
    actions: ClassVar[Sequence[Action]] = ()

    def get(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Show the row."""
        row = self.one()
        links = [link for action in self.actions if (link := action.link(request, pk=row.pk))]
        shown = {
            "object": row,
            "title": str(row),
            "actions": links,
            "more": [link for link in links if link.menu],
            "tabs": self.tabs(row),
        }
        return self.page({**shown, **self.context(row)})

    def tabs(self, _row: Any, /) -> Sequence[Tab]:
        """Give the tabs; a hook."""
        return ()

    def context(self, _row: Any, /) -> dict[str, Any]:
        """Give more context; a hook."""
        return {}


class EditView(Page):
    """Create a row, or change the one that the address names.

    One class serves both: `path("new/", ConfigEdit.as_view(permission="configs.create"))`.
    Subclasses hand the form's data to a service in `save`.
    """

    template_name = "ui/form.html"
    form_class: ClassVar[type[BaseForm]]

    def get(self, _request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Show the form."""
        row = self.one() if "pk" in self.kwargs else None
        return self._form_page(self.form(row), row)

    def post(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Save, or show what is wrong."""
        row = self.one() if "pk" in self.kwargs else None
        form = self.form(row)
        saved = self._try(form, row) if form.is_valid() else None
        if saved is None:
            return self._form_page(form, row, status=422)
        messages.success(request, self.message(saved, created=row is None))
        return see_other(request, self.next_url(saved))

    def form(self, row: Any) -> BaseForm:
        """Make the form, bound if something was sent."""
        sent = self.request.method == "POST"
        return self.form_class(
            data=self.request.POST if sent else None,
            files=self.request.FILES if sent else None,
            **self.form_options(row),
        )

    def form_options(self, row: Any) -> dict[str, Any]:
        """Give the form's other arguments; a hook. A form that wants the tenant gets it here."""
        return {"instance": row} if issubclass(self.form_class, BaseModelForm) else {}

    def save(self, form: Any, row: Any) -> Any:
        """Call the service and return the saved row.

        Args:
            form: the valid form; `cleaned_data` is what the service gets.
            row: what is being changed, or None while creating.

        Raises:
            SyncAppError: shown at the fields it names.
        """
        raise NotImplementedError

    def message(self, row: Any, *, created: bool) -> str:
        """Say what happened."""
        return f"Created {self.noun} “{row}”." if created else f"Saved {self.noun} “{row}”."

    def title(self, row: Any) -> str:
        """Name the page."""
        return f"Edit {row}" if row else f"New {self.noun}"

    def next_url(self, row: Any) -> str:
        """Say where to go after saving: on with the form, to the row, or to the list."""
        if "_continue" in self.request.POST and self.edit_url_name:
            return self.url(self.edit_url_name, pk=row.pk)
        if self.detail_url_name:
            return self.url(self.detail_url_name, pk=row.pk)
        return self.url(self.list_url_name)

    def context(self, _row: Any, /) -> dict[str, Any]:
        """Give more context; a hook."""
        return {}

    def _try(self, form: Any, row: Any) -> Any:
        try:
            return self.save(form, row)
        except SyncAppError as error:
            FormMixin.refuse(form, error)
            return None

    def _form_page(
        self, form: BaseForm, row: Any, *, status: Literal[200, 422] = 200
    ) -> HttpResponse:
        leave = self.list_url_name and self.url(self.list_url_name)
        if row is not None and self.detail_url_name:
            leave = self.url(self.detail_url_name, pk=row.pk)
        shown = {
            "object": row,
            "title": self.title(row),
            "form": form,
            "cancel_url": leave,
            "may_continue": bool(self.edit_url_name),
        }
        return self.page({**shown, **self.context(row)}, status=status)


class DeleteView(Page):
    """Ask before deleting, say what goes with it, or explain why it cannot go.

    htmx gets the question alone, for the dialog; without a script it is a page.
    """

    template_name = "ui/confirm.html"
    verb: ClassVar[str] = "Delete"

    def get(self, _request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Ask."""
        return self._ask(self.one())

    def post(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Delete, unless something forbids it."""
        row = self.one()
        if self.refusal(row):
            return self._ask(row, status=409)
        name = str(row)
        try:
            self.delete_row(row)
        except SyncAppError as error:
            return self._ask(row, status=error.status, error=error.message)
        messages.success(request, f"{self.verb}d {self.noun} “{name}”.")
        return see_other(request, self.url(self.list_url_name))

    def delete_row(self, row: Any) -> None:
        """Call the service."""
        raise NotImplementedError

    def consequences(self, _row: Any, /) -> Sequence[str]:
        """Say what else is destroyed and how many: ["12 mappings", "3 runs"]; a hook."""
        return ()

    def refusal(self, _row: Any, /) -> Sequence[Link]:
        """Give links to what still uses the row; any of them forbids deleting; a hook."""
        return ()

    def _ask(self, row: Any, *, status: int = 200, error: str = "") -> HttpResponse:
        refusal = self.refusal(row)
        back = self.list_url_name
        shown = {
            "object": row,
            "title": f"{self.verb} {row}",
            "question": f"“{row}” cannot be {self.verb.lower()}d"
            if refusal
            else f"{self.verb} {self.noun} “{row}”?",
            "verb": f"{self.verb} {self.noun}",
            "consequences": self.consequences(row),
            "refusal": refusal,
            "error": error,
            "cancel_url": self.url(self.detail_url_name, pk=row.pk)
            if self.detail_url_name
            else self.url(back),
        }
        template = "ui/confirm.html#dialog" if self.request.htmx else None
        return self.page(shown, template=template, status=status)
