from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from syncapp.tenants.models import Membership, Profile
from syncapp.ui.icons import icon
from syncapp.ui.links import Action, tenant_reverse
from syncapp.ui.tables import (
    ActionsColumn,
    CountColumn,
    LinkColumn,
    StateColumn,
    Table,
    TextColumn,
    WhenColumn,
)

_MOST_FIELDS = 6


class AvatarColumn(TextColumn):
    """The picture of a user who has joined; decoration, the name stands beside it."""

    kind = "icon-cell"

    def __init__(self) -> None:
        super().__init__("Avatar", accessor="pk", orderable=False)

    def render(self, record: Membership, table: Table) -> SafeString:
        if not (record.joined_at and record.user.avatar):
            return icon("user")
        url = tenant_reverse(table.request, "tenants:user_avatar", pk=record.pk)
        return format_html(
            '<img class="avatar avatar-xs" src="{}?v={}" alt="" loading="lazy">',
            url,
            record.user.avatar_version,
        )


class UserTable(Table):
    telling = ("label", "state")

    avatar = AvatarColumn()
    label = LinkColumn("Name", url_name="tenants:user_detail")
    email = TextColumn("Email", accessor="user__email")
    profile = LinkColumn(
        "Profile", url_name="tenants:profile_detail", pk="profile_id", row=False
    )
    state = StateColumn("Active", orderable=False)
    seen_at = WhenColumn("Last login")
    actions = ActionsColumn(
        (
            Action("Edit", "tenants:user_edit", "users.edit", "pencil"),
            Action("Remove", "tenants:user_delete", "users.delete", "trash", dialog=True),
        )
    )

    class Meta:
        order_by = ("label",)


class ProfileTable(Table):
    telling = ("name", "n_users")

    name = LinkColumn("Name", url_name="tenants:profile_detail")
    description = TextColumn("Description")
    n_permissions = CountColumn("Permissions", accessor="permissions", orderable=False)
    n_users = CountColumn("Users")
    actions = ActionsColumn(
        (
            Action("Edit", "tenants:profile_edit", "profiles.edit", "pencil"),
            Action("Delete", "tenants:profile_delete", "profiles.delete", "trash", dialog=True),
        )
    )

    class Meta:
        order_by = ("name",)

    def render_n_permissions(self, record: Profile) -> str:
        return str(len(record.permissions))


class ApiKeyTable(Table):
    telling = ("name", "state")

    name = LinkColumn("Name", url_name="tenants:api_key_detail")
    prefix = TextColumn("Begins with", orderable=False)
    state = StateColumn("State", orderable=False)
    expires_at = WhenColumn("Expires")
    last_used_at = WhenColumn("Last used")
    created_by = TextColumn("Issued by", orderable=False)
    actions = ActionsColumn(
        (Action("Revoke", "tenants:api_key_revoke", "api_keys.delete", "ban", dialog=True),)
    )

    class Meta:
        order_by = ("name",)

    def render_prefix(self, value: str) -> SafeString:
        return format_html("<code>syn_{}_…</code>", value)


class AuditTable(Table):
    telling = ("at", "action", "object_label")

    at = WhenColumn("When")
    actor = TextColumn("Who")
    action = TextColumn("Action")
    kind = TextColumn("Kind")
    object_label = LinkColumn("What", url_name="tenants:audit_detail")
    diff = TextColumn("Fields")

    def render_diff(self, value: dict[str, Any]) -> str:
        more = len(value) - _MOST_FIELDS
        names = ", ".join(list(value)[:_MOST_FIELDS])
        return f"{names} and {more} more" if more > 0 else names


class TenantTable(Table):
    telling = ("name", "state")

    name = LinkColumn("Name", url_name="platform:tenant_detail")
    slug = TextColumn("Slug")
    state = StateColumn("State")
    n_users = CountColumn("Users")
    n_keys = CountColumn("API keys")
    created_at = WhenColumn("Since")

    class Meta:
        order_by = ("name",)
