"""The gallery's pages: the real views and templates over lists instead of querysets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from syncapp.errors import Invalid, Refused
from syncapp.ui import navigation
from syncapp.ui.filters import SearchInput
from syncapp.ui.forms import Form, SecretField, Section
from syncapp.ui.links import Action, Link, Tab
from syncapp.ui.navigation import NavGroup, NavItem
from syncapp.ui.tables import (
    ActionsColumn,
    CountColumn,
    DurationColumn,
    LinkColumn,
    MonoColumn,
    StateColumn,
    Table,
    TextColumn,
    WhenColumn,
)
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView

NAMES = (
    "SAP customers",
    "Shop orders",
    "Items to field service",
    "Price lists",
    "Contacts",
    "Employees with a rather long name that has to wrap somewhere sensible",
)
STATES = ("succeeded", "partial", "failed", "running", "queued", "cancelled", "active", "off")


class Thing(SimpleNamespace):
    """A made-up row."""

    def __str__(self) -> str:
        return str(self.name)


class Anybody:
    """May everything but what is named here."""

    def may(self, code: str) -> bool:
        """Allow nearly everything."""
        return code != "things.secret"


def things() -> list[Thing]:
    """Give 48 rows."""
    now = timezone.now()
    return [
        Thing(
            pk=number,
            name=f"{NAMES[number % len(NAMES)]} {number}",
            state=STATES[number % len(STATES)],
            key=f"C{20000 + number}",
            system="SAP Business One" if number % 3 else None,
            at=now - timedelta(minutes=7 * number * number + 1),
            took=timedelta(seconds=0.35 * number * number),
            n_read=number * number * 517,
        )
        for number in range(1, 49)
    ]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give what the composition root gives to every page."""
    request.member, request.tenant = Anybody(), SimpleNamespace(slug="acme")  # type: ignore[attr-defined]
    groups = (
        NavGroup("", (NavItem("Home", "gallery:empty", "home", "x"),)),
        NavGroup(
            "Connect",
            (
                NavItem("Inbound", "gallery:list", "arrow-down-left", "x"),
                NavItem("Connection configs", "gallery:new", "plug", "x"),
            ),
        ),
        NavGroup(
            "Watch",
            (
                NavItem("Runs", "gallery:hot", "activity", "x"),
                NavItem("Issues", "gallery:looks", "alert-triangle", "x", lambda _: 3),
                NavItem("Hidden", "gallery:list", "lock", "things.secret"),
            ),
        ),
    )
    return {
        "navigation": navigation.build(request, groups),
        "switcher": {
            "current": "Acme Field Service",
            "tenants": [
                {"name": "Acme Field Service", "url": "/"},
                {"name": "Globex", "url": "/globex"},
            ],
        },
        "account": {
            "name": "Ada Lovelace",
            "email": "ada@acme.test",
            "avatar_url": "",
            "links": [{"label": "Profile", "url": "/me", "icon": "user"}],
        },
    }


class Visited:
    """Lets everybody in; the house's middleware is not at work here."""

    noun: ClassVar = "inbound connection"
    permission: ClassVar = "things.view"
    breadcrumbs: ClassVar[Sequence[tuple[str, str]]] = (
        ("Connect", ""),
        ("Inbound connections", "gallery:list"),
    )
    list_url_name: ClassVar = "gallery:list"
    detail_url_name: ClassVar = "gallery:detail"
    edit_url_name: ClassVar = "gallery:edit"

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        request.member, request.tenant = Anybody(), SimpleNamespace(slug="acme")
        super().setup(request, *args, **kwargs)  # type: ignore[misc]

    def rows(self) -> Any:
        return things()

    def one(self) -> Thing:
        for thing in things():
            if thing.pk == self.kwargs["pk"]:  # type: ignore[attr-defined]
                return thing
        raise Http404


class ThingTable(Table):
    """Every kind of column."""

    name = LinkColumn("Name", url_name="gallery:detail")
    state = StateColumn("State")
    key = MonoColumn("Key")
    system = TextColumn("System")
    at = WhenColumn("Last run")
    took = DurationColumn("Took")
    n_read = CountColumn("Read")
    actions = ActionsColumn(
        (
            Action("Run", "gallery:run", "things.run", "player-play", method="post"),
            Action("Edit", "gallery:edit", "things.edit", "pencil"),
            Action("Delete", "gallery:delete", "things.delete", "trash", dialog=True),
        )
    )


class Filters(forms.Form):
    """Stands in for a FilterSet's form."""

    q = forms.CharField(
        label="Search", required=False, widget=SearchInput(attrs={"placeholder": "Search"})
    )
    state = forms.ChoiceField(
        required=False,
        choices=[("", "Any state"), *((code, code.capitalize()) for code in STATES)],
    )


class ThingList(Visited, ListView):
    """A list with filters."""

    title = "Inbound connections"
    breadcrumbs: ClassVar[Sequence[tuple[str, str]]] = (("Connect", ""),)
    table_class = ThingTable
    primary = Action("New inbound connection", "gallery:new", "things.create", "plus")
    empty = Empty("An inbound connection brings records from a system into a connect object.")

    def filtered(self) -> Any:
        form = Filters(self.request.GET)
        form.is_valid()
        q, state = form.cleaned_data["q"].lower(), form.cleaned_data.get("state", "")
        found = [
            thing
            for thing in things()
            if q in thing.name.lower() and (not state or thing.state == state)
        ]
        return SimpleNamespace(form=form, qs=found, active=bool(q or state))


class EmptyList(ThingList):
    """A list without rows."""

    breadcrumbs = ()
    title = "Home"

    def filtered(self) -> Any:
        return None

    def rows(self) -> Any:
        return []


class ThingDetail(Visited, DetailView):
    """A page of one thing."""

    template_name = "gallery/detail.html"
    actions = (
        Action("Run now", "gallery:run", "things.run", "player-play", method="post"),
        Action("Edit", "gallery:edit", "things.edit", "pencil"),
        Action("Dry run", "gallery:run", "things.run", "test-pipe", method="post", menu=True),
        Action("Delete", "gallery:delete", "things.delete", "trash", dialog=True, menu=True),
    )

    def tabs(self, row: Any, /) -> list[Tab]:
        url = self.request.path
        return [
            Tab("Details", url, active=True),
            Tab("Mapping", url, count=12),
            Tab("Conditions", url, count=2),
            Tab("Related", url),
        ]

    def context(self, row: Any, /) -> dict[str, Any]:
        return {"table": ThingTable(things()[:4], request=self.request, orderable=False)}


class ThingForm(Form):
    """Every kind of field."""

    name = forms.CharField(max_length=40, help_text="Shown in lists and logs.")
    active = forms.BooleanField(
        required=False, help_text="Only active connections run by themselves."
    )
    system = forms.ChoiceField(choices=[("rest", "REST"), ("odata", "OData")])
    entity = forms.ChoiceField(
        required=False, choices=[(f"e{number}", f"Entity {number}") for number in range(40)]
    )
    url = forms.URLField(label="Endpoint URL", assume_scheme="https")
    password = SecretField(saved=True)
    token = SecretField(label="API token", required=False, saved=True)
    fresh = SecretField(label="Client secret")
    every = forms.IntegerField(min_value=1, initial=10, label="Interval")
    on_error = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[("stop", "Stop the run"), ("go", "Go on")],
        initial="go",
    )
    notes = forms.CharField(widget=forms.Textarea, required=False)
    sections = (
        Section(
            "General", "What this connection is called and whether it runs.", ("name", "active")
        ),
        Section("Source", "Where records come from.", ("system", "entity", "url")),
        Section(
            "Credentials",
            "Kept encrypted; nobody can read them here.",
            ("password", "token", "fresh"),
        ),
        Section("Schedule", "When it runs.", ("every", "on_error", "notes")),
    )
    adornments: ClassVar = {"every": ("every", "min"), "url": ("", "/odata")}


class ThingEdit(Visited, EditView):
    """The form; the name `taken` is refused by the service."""

    permission = "things.edit"
    form_class = ThingForm

    def form_options(self, row: Any) -> dict[str, Any]:
        return {"initial": vars(row) if row else {}}

    def save(self, form: Any, row: Any) -> Any:
        if form.cleaned_data["name"] == "taken":
            raise Invalid(fields={"name": "Another connection has this name."})
        return row or things()[0]


class ThingDelete(Visited, DeleteView):
    """Asks; number 2 is in use, number 3 refuses late."""

    permission = "things.delete"

    def consequences(self, row: Any, /) -> list[str]:
        return ["12 mappings", "2 conditions", "1 904 links to records in SAP Business One"]

    def refusal(self, row: Any, /) -> list[Link]:
        return [Link("Shop orders 8", "/x"), Link("Price lists 4", "/y")] if row.pk == 2 else []

    def delete_row(self, row: Any) -> None:
        if row.pk == 3:
            raise Refused("A run of this connection is under way.")


def run(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    """Say that something was queued."""
    messages.success(request, "Run 4 711 is queued.")
    return HttpResponse(status=303, headers={"Location": "/acme/things/"})


def looks(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    """Show all badges and messages."""
    for level, text in (
        (messages.INFO, "The run is under way. It goes on when you close this page."),
        (messages.SUCCESS, "Saved version 13."),
        (messages.WARNING, "3 records wait for their customer."),
        (messages.ERROR, "The endpoint did not answer within 10 s."),
    ):
        messages.add_message(request, level, text)
    from syncapp.ui.states import STATES as ALL  # noqa: PLC0415  # the gallery's own name is taken

    return render(request, "gallery/looks.html", {"title": "Issues", "states": ALL})


class LoginForm(forms.Form):
    """Like allauth's, which is not ours."""

    login = forms.EmailField(
        label="Email", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(widget=forms.PasswordInput)
    remember = forms.BooleanField(label="Remember me", required=False)


def login(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    """Show the login card."""
    form = LoginForm(request.POST or None, label_suffix="")
    return render(request, "account/login.html", {"form": form})


def forbidden(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    """Raise what a missing permission raises."""
    from django.core.exceptions import PermissionDenied  # noqa: PLC0415

    raise PermissionDenied("inbound.edit")


def broken(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    """Break."""
    raise RuntimeError("on purpose")
