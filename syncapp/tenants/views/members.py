from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST, require_safe

from syncapp.tenants.filters import UserFilterSet
from syncapp.tenants.forms import InviteForm, MemberForm, PasswordForm
from syncapp.tenants.http import TenantRequest
from syncapp.tenants.models import Membership
from syncapp.tenants.services import members
from syncapp.tenants.tables import UserTable
from syncapp.tenants.views.avatars import picture
from syncapp.ui.access import permission
from syncapp.ui.links import Action, see_other, tenant_reverse
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView, Page

_SETUP = ("Set-up", "")
_USERS = ("Users", "tenants:user_list")


class UserList(ListView):
    request: TenantRequest
    permission = "users.view"
    model = Membership
    noun = "user"
    title = "Users"
    breadcrumbs = (_SETUP,)
    list_url_name = "tenants:user_list"
    table_class = UserTable
    filterset_class = UserFilterSet
    primary = Action("Invite user", "tenants:user_create", "users.create", "user-plus")
    empty = Empty("Users are the people who work in this tenant.", icon="users")

    def rows(self) -> QuerySet[Any]:
        rows = Membership.objects.for_tenant(self.request.tenant)
        return rows.named().select_related("user", "profile")


class _UserPage(Page):
    request: TenantRequest
    model = Membership
    noun = "user"
    breadcrumbs = (_SETUP, _USERS)
    list_url_name = "tenants:user_list"
    detail_url_name = "tenants:user_detail"

    def rows(self) -> QuerySet[Any]:
        rows = Membership.objects.for_tenant(self.request.tenant)
        return rows.named().select_related("tenant", "user", "profile")


class UserDetail(_UserPage, DetailView):
    permission = "users.view"
    template_name = "tenants/user_detail.html"
    actions = (
        Action("Edit", "tenants:user_edit", "users.edit", "pencil"),
        Action("Set password", "tenants:user_password", "users.edit", "key", menu=True),
        Action(
            "Remove", "tenants:user_delete", "users.delete", "trash", dialog=True, menu=True
        ),
    )

    def context(self, row: Membership, /) -> dict[str, Any]:
        invite = Action(
            "Invite again", "tenants:user_invite", "users.create", "mail", method="post"
        )
        return {"invite": None if row.joined_at else invite.link(self.request, pk=row.pk)}


class UserInvite(_UserPage, EditView):
    permission = "users.create"
    form_class = InviteForm

    def form_options(self, row: Any) -> dict[str, Any]:
        return {"tenant": self.request.tenant}

    def title(self, row: Any) -> str:
        return "Invite user"

    def context(self, row: Any, /) -> dict[str, Any]:
        return {"save_label": "Send invitation"}

    def save(self, form: InviteForm, row: Any) -> Membership:
        return members.invite(
            tenant=self.request.tenant, actor=self.request.actor, **form.cleaned_data
        )

    def message(self, row: Membership, *, created: bool) -> str:
        return f"Invited {row.user.email}."


class UserEdit(_UserPage, EditView):
    permission = "users.edit"
    template_name = "tenants/user_form.html"
    edit_url_name = "tenants:user_edit"
    form_class = MemberForm

    def form_options(self, row: Membership) -> dict[str, Any]:
        return {"member": row, "ours": members.is_ours(row)}

    def save(self, form: MemberForm, row: Membership) -> Membership:
        typed, actor = form.cleaned_data, self.request.actor
        members.edit_member(
            row, profile=typed["profile"], enabled=typed["enabled"], actor=actor
        )
        if "name" in typed:
            members.rename(row, name=typed["name"], actor=actor)
        if typed.get("avatar"):
            members.set_avatar(row, upload=typed["avatar"], actor=actor)
        elif typed.get("no_avatar"):
            members.set_avatar(row, upload=None, actor=actor)
        return row


class UserPassword(_UserPage, EditView):
    permission = "users.edit"
    form_class = PasswordForm

    def form_options(self, row: Membership) -> dict[str, Any]:
        return {}

    def title(self, row: Membership) -> str:
        return f"Set password of {row}"

    def context(self, row: Membership, /) -> dict[str, Any]:
        return {"save_label": "Set password"}

    def save(self, form: PasswordForm, row: Membership) -> Membership:
        members.set_password(
            row, password=form.cleaned_data["password"], actor=self.request.actor
        )
        return row

    def message(self, row: Membership, *, created: bool) -> str:
        return f"Set the password of {row} and ended their sessions."


class UserDelete(_UserPage, DeleteView):
    permission = "users.delete"
    verb = "Remove"

    def consequences(self, row: Membership, /) -> Sequence[str]:
        return ("the account, if it belongs to no other tenant",)

    def delete_row(self, row: Membership) -> None:
        members.remove_member(row, actor=self.request.actor)


@require_POST
@permission("users.create")
def user_invite(request: TenantRequest, pk: int) -> HttpResponse:
    rows = Membership.objects.for_tenant(request.tenant)
    member = get_object_or_404(rows.select_related("user", "tenant"), pk=pk)
    members.invite_again(member, actor=request.actor)
    messages.success(request, f"Invited {member.user.email} again.")
    return see_other(request, tenant_reverse(request, "tenants:user_detail", pk=pk))


@require_safe
@permission("users.view")
def user_avatar(request: TenantRequest, pk: int) -> HttpResponse:
    rows = Membership.objects.for_tenant(request.tenant).filter(joined_at__isnull=False)
    return picture(get_object_or_404(rows.select_related("user"), pk=pk).user)
