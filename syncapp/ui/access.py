"""What furniture needs to know about whoever is asking: permissions and the tenant.

The rooms above fit these protocols; furniture never imports them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails

P = ParamSpec("P")
R = TypeVar("R", bound=HttpRequest)


class Actor(Protocol):
    """A member of a tenant, or an API key."""

    def may(self, code: str, /) -> bool:
        """Tell whether this actor may do what `code` (`module.action`) names."""


class Slugged(Protocol):
    """A tenant, as addresses need it."""

    @property
    def slug(self) -> str:
        """The part of the address after `/t/`."""


class Scoped(Protocol):
    """A manager that can narrow itself to one tenant."""

    def for_tenant(self, tenant: Slugged | None, /) -> QuerySet[Model]:
        """Give this tenant's rows and no others."""


class PageRequest(HttpRequest):
    """A request of a signed-in person; on platform pages `tenant` is None."""

    tenant: Slugged | None
    member: Actor
    htmx: HtmxDetails


def may(request: HttpRequest, code: str) -> bool:
    """Tell whether whoever is asking may; nobody may without a membership."""
    member: Actor | None = getattr(request, "member", None)
    return member is not None and member.may(code)


def require(request: HttpRequest, code: str) -> None:
    """Let pass or raise PermissionDenied, which becomes the 403 page."""
    if not may(request, code):
        raise PermissionDenied(code)


def permission(
    code: str,
) -> Callable[
    [Callable[Concatenate[R, P], HttpResponseBase]],
    Callable[Concatenate[R, P], HttpResponseBase],
]:
    """Decorate a function view: decide before the first line runs.

    The code stays readable as `required_permission` on the view, as it does on the classes of
    `views`; that is how a test can ask every address what it demands.
    """

    def decorate(
        view: Callable[Concatenate[R, P], HttpResponseBase],
    ) -> Callable[Concatenate[R, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            require(request, code)
            return view(request, *args, **kwargs)

        guarded.required_permission = code  # type: ignore[attr-defined]  # read by the sweep test
        return guarded

    return decorate
