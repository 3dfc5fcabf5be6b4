"""Addresses inside the tenant, the links and buttons made of them, and the answer to a POST."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from syncapp.ui.access import may

if TYPE_CHECKING:
    from syncapp.ui.access import Slugged


class SeeOther(HttpResponseRedirect):
    """303: the browser fetches the next page with GET, whatever the method was."""

    status_code = 303


def tenant_reverse(request: HttpRequest, name: str, **kwargs: object) -> str:
    """Reverse an address below `/t/<slug>/`; outside a tenant (platform pages) an ordinary one."""
    tenant: Slugged | None = getattr(request, "tenant", None)
    if tenant is not None:
        kwargs = {"tenant": tenant.slug, **kwargs}
    return reverse(name, kwargs=kwargs)


def see_other(request: HttpRequest, url: str) -> HttpResponse:
    """Answer a POST: 303, or for htmx the order to load the page (it would swap a redirect in)."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(url)
    return SeeOther(url)


@dataclass(frozen=True, slots=True)
class Link:
    """A link or button, ready for a template."""

    label: str
    url: str
    icon: str = ""
    method: Literal["get", "post"] = "get"
    dialog: bool = False
    menu: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """Something one can do from a page: declared once, turned into a link per request.

    Attributes:
        permission: without it the link is left out.
        method: "post" makes a small form with a button.
        dialog: the address answers htmx with a fragment that belongs into a dialog.
        menu: belongs behind the three dots.
    """

    label: str
    url_name: str
    permission: str
    icon: str = ""
    method: Literal["get", "post"] = "get"
    dialog: bool = False
    menu: bool = False

    def link(self, request: HttpRequest, **kwargs: object) -> Link | None:
        """Give the link, or None if whoever is asking may not."""
        if not may(request, self.permission):
            return None
        url = tenant_reverse(request, self.url_name, **kwargs)
        return Link(self.label, url, self.icon, self.method, self.dialog, self.menu)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a detail page: an address of its own, so that it works without a script."""

    label: str
    url: str
    active: bool = False
    count: int | None = None
