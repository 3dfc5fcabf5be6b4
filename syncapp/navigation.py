"""What stands around every page: side bar, tenant switcher, account menu."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from syncapp.tenants import access, permissions
from syncapp.tenants.models import Membership, Tenant
from syncapp.ui.links import Link
from syncapp.ui.navigation import Entry, Group, NavGroup, NavItem, build

TENANT: Final = (
    NavGroup("", (NavItem("Home", "synclogs:home", "home", "home.view"),)),
    NavGroup(
        "Connect",
        (
            NavItem("Wizard", "connections:wizard", "wand", "wizard.view"),
            NavItem("Connectors", "connections:connector_list", "plug", "connectors.view"),
            NavItem(
                "Connector sets",
                "connections:set_list",
                "list-details",
                "connector_sets.view",
            ),
            NavItem("Inbound", "connections:inbound_list", "arrow-down-left", "inbound.view"),
            NavItem("Outbound", "connections:outbound_list", "arrow-up-right", "outbound.view"),
            NavItem(
                "Connection configs",
                "connections:config_list",
                "plug-connected",
                "configs.view",
            ),
        ),
    ),
    NavGroup(
        "Data",
        (
            NavItem("Connect objects", "objects:object_list", "table", "objects.view"),
            NavItem("Records", "objects:record_home", "database", "records.view"),
            NavItem("Imports", "sync:import_list", "file-import", "imports.view"),
            NavItem("Value maps", "formulas:map_list", "arrows-exchange", "value_maps.view"),
        ),
    ),
    NavGroup(
        "Formulas",
        (
            NavItem("Functions", "formulas:reference", "math-function", "formulas.view"),
            NavItem("Playground", "connections:playground", "test-pipe", "inbound.view"),
        ),
    ),
    NavGroup(
        "Watch",
        (
            NavItem("Runs", "synclogs:run_list", "activity", "runs.view"),
            NavItem(
                "Record logs", "synclogs:record_log_list", "list-details", "record_logs.view"
            ),
        ),
    ),
    NavGroup(
        "Set-up",
        (
            NavItem("Users", "tenants:user_list", "users", "users.view"),
            NavItem("Profiles", "tenants:profile_list", "shield-lock", "profiles.view"),
            NavItem("API keys", "tenants:api_key_list", "key", "api_keys.view"),
            NavItem("Definitions", "connections:definitions", "braces", "definitions.export"),
            NavItem("Audit", "tenants:audit_list", "history", "audit.view"),
            NavItem("Settings", "tenants:settings", "settings", "settings.view"),
        ),
    ),
)

PLATFORM: Final = (
    NavGroup(
        "Platform",
        (NavItem("Tenants", "platform:tenant_list", "building", permissions.PLATFORM),),
    ),
)


def context(request: HttpRequest) -> dict[str, Any]:
    """Give every template `navigation`, `switcher` and `account`; nothing is asked before use.

    Below a tenant it costs no query: the middleware has read the memberships already.
    """
    if request.path_info.startswith("/api/"):
        return {}
    return {
        "navigation": SimpleLazyObject(lambda: _navigation(request)),
        "switcher": SimpleLazyObject(lambda: _switcher(request)),
        "account": SimpleLazyObject(lambda: _account(request)),
    }


def _navigation(request: HttpRequest) -> tuple[Group, ...]:
    if getattr(request, "tenant", None) is not None:
        return build(request, TENANT)
    if getattr(request, "member", None) is not None:
        return build(request, PLATFORM)
    ways = tuple(
        Entry(member.tenant.name, _home(member), "building", active=False, count=None)
        for member in _open(request)
    )
    found = [Group("Tenants", ways)] if ways else []
    if getattr(request.user, "is_platform", False):
        address = reverse("platform:tenant_list")
        found.append(
            Group(
                "Platform", (Entry("Tenants", address, "building", active=False, count=None),)
            )
        )
    return tuple(found)


def _switcher(request: HttpRequest) -> dict[str, Any]:
    tenant: Tenant | None = getattr(request, "tenant", None)
    elsewhere = "Platform" if hasattr(request, "member") else "All tenants"
    return {
        "current": tenant.name if tenant else elsewhere,
        "tenants": [
            {"name": member.tenant.name, "url": _home(member)} for member in _open(request)
        ],
    }


def _account(request: HttpRequest) -> dict[str, Any] | None:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    links = [Link("Your account", reverse("account"), "user")]
    if user.is_platform:
        links.append(Link("Platform", reverse("platform:tenant_list"), "server"))
    return {
        "name": user.name or user.email,
        "email": user.email,
        "avatar_url": f"{reverse('account_avatar')}?v={user.avatar_version}"
        if user.avatar
        else "",
        "links": links,
    }


def _open(request: HttpRequest) -> list[Membership]:
    """List the ways into tenants that are not suspended; at most one query per request."""
    members: list[Membership] | None = getattr(request, "memberships", None)
    if members is None:
        user = request.user
        members = access.memberships_of(user.pk) if user.is_authenticated else []
        request.memberships = members  # type: ignore[attr-defined]  # typed in tenants.http
    return [member for member in members if member.tenant.state == Tenant.State.ACTIVE]


def _home(member: Membership) -> str:
    return reverse("synclogs:home", kwargs={"tenant": member.tenant.slug})
