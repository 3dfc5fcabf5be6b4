from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, cast

from django import forms

from syncapp.tenants import matrix, permissions
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Membership, Profile, Tenant, User
from syncapp.tenants.services import avatars, tenancy
from syncapp.ui.forms import Form, Section

LIFETIMES: Final = (
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "1 year"),
    ("", "Until it is revoked"),
)


class ProfileField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    """A profile of this tenant."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            queryset=Profile.objects.none(),
            empty_label=None,
            help_text="What the user may do here. You can give only what you may do yourself.",
            **options,
        )


def _offer_profiles(form: forms.Form, tenant: Tenant) -> None:
    field = cast("ProfileField", form.fields["profile"])
    field.queryset = Profile.objects.for_tenant(tenant).order_by("name")


class AvatarField(forms.FileField):
    """A picture; it is drawn anew before anything is kept."""

    def __init__(self) -> None:
        size = avatars.LARGEST_BYTES // 1024 // 1024
        super().__init__(
            label="Picture",
            required=False,
            help_text=f"PNG, JPEG, WebP or GIF of at most {size} MB; cut to a square.",
            widget=forms.FileInput(
                attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}
            ),
        )


class InviteForm(Form):
    name = forms.CharField(max_length=100, help_text="How to greet the person.")
    email = forms.EmailField(
        label="Email", max_length=254, help_text="The invitation goes to this address."
    )
    profile = ProfileField()

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_profiles(self, tenant)


class MemberForm(Form):
    """Without `ours`, what belongs to the user herself is left out."""

    sections = (
        Section("In this tenant", "What the user may do, and whether.", ("profile", "enabled")),
        Section(
            "The user", "Shown to everybody who sees the user.", ("name", "avatar", "no_avatar")
        ),
    )

    profile = ProfileField()
    enabled = forms.BooleanField(label="Active", required=False)
    name = forms.CharField(max_length=100)
    avatar = AvatarField()
    no_avatar = forms.BooleanField(label="Remove the picture", required=False)

    def __init__(self, *args: Any, member: Membership, ours: bool, **kwargs: Any) -> None:
        initial = {
            "profile": member.profile_id,
            "enabled": member.enabled,
            "name": member.user.name,
        }
        super().__init__(*args, initial=initial, **kwargs)
        _offer_profiles(self, member.tenant)
        if not ours:
            for name in ("name", "avatar", "no_avatar"):
                del self.fields[name]
        elif not member.user.avatar:
            del self.fields["no_avatar"]


class AccountForm(Form):
    name = forms.CharField(max_length=100)
    avatar = AvatarField()
    no_avatar = forms.BooleanField(label="Remove the picture", required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, initial={"name": user.name}, **kwargs)
        if not user.avatar:
            del self.fields["no_avatar"]


class PasswordForm(Form):
    password = forms.CharField(
        label="New password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    confirmation = forms.CharField(
        label="Confirm password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if "password" in typed and typed["password"] != typed.get("confirmation"):
            self.add_error("confirmation", "The two passwords differ.")
        return typed


class PermissionsMixin:
    """A form with the permission matrix.

    Boxes that whoever looks cannot give are locked, and keep their state whatever is sent.
    """

    offers_visible = True

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, given: list[str], actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.given, self.holds = frozenset(given), actor.holds
        self.fields["permissions"] = forms.MultipleChoiceField(
            choices=matrix.choices(),
            required=False,
            initial=given,
            error_messages={"invalid_choice": "Unknown permission: %(value)s."},
        )
        self.fields["rows"] = forms.MultipleChoiceField(
            choices=[(module.key, module.label) for module in permissions.MODULES],
            required=False,
            label="Whole rows",
            error_messages={"invalid_choice": "Unknown module: %(value)s."},
        )

    def clean(self: Any) -> dict[str, Any]:
        sent: dict[str, Any] = self.cleaned_data
        ticked = {*sent.get("permissions", ()), *matrix.whole_rows(sent.get("rows", ()))}
        locked = self.given - self.holds
        sent["permissions"] = sorted((ticked & self.holds) | locked)
        return sent

    @property
    def ticked(self: Any) -> set[str]:
        return set(self["permissions"].value() or ())

    def visible_box(self: Any) -> matrix.Box | None:
        if not self.offers_visible:
            return None
        code = permissions.VISIBLE
        return matrix.Box(code, "Visible", code in self.ticked, code not in self.holds)

    def headings(self) -> tuple[str, ...]:
        return matrix.HEADINGS

    def matrix(self: Any) -> Iterator[matrix.Row]:
        return matrix.rows(self.ticked, self.holds)


class ProfileForm(PermissionsMixin, Form):
    name = forms.CharField(max_length=60)
    description = forms.CharField(max_length=200, required=False)


class ApiKeyForm(PermissionsMixin, Form):
    offers_visible = False

    name = forms.CharField(max_length=60, help_text="Who or what will use the key.")
    lifetime = forms.ChoiceField(
        label="Good for", choices=LIFETIMES, required=False, initial="90"
    )

    def clean_lifetime(self) -> timedelta | None:
        days = self.cleaned_data["lifetime"]
        return timedelta(days=int(days)) if days else None


class SettingsForm(Form):
    name = forms.CharField(max_length=100)
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="For schedules, and for dates without a time."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = cast("forms.ChoiceField", self.fields["time_zone"])
        zone.choices = [(name, name) for name in tenancy.time_zones()]


class TenantForm(SettingsForm):
    sections = (
        Section(
            "Tenant", "The organisation that will own the rows.", ("name", "slug", "time_zone")
        ),
        Section(
            "First administrator", "Gets an invitation by mail.", ("admin_name", "admin_email")
        ),
    )

    slug = forms.CharField(
        max_length=40,
        label="Slug",
        help_text="The part of its addresses after /t/: lower-case letters, digits and hyphens.",
    )
    admin_name = forms.CharField(label="Name of the administrator", max_length=100)
    admin_email = forms.EmailField(label="Email of the administrator", max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].initial = "UTC"


class ReasonForm(Form):
    reason = forms.CharField(
        max_length=500, required=False, help_text="Kept in the tenant's audit."
    )


class DeleteTenantForm(Form):
    slug = forms.CharField(label="Type the slug to confirm")

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant = tenant

    def clean_slug(self) -> str:
        typed: str = self.cleaned_data["slug"]
        if typed != self.tenant.slug:
            raise forms.ValidationError(f"This is not “{self.tenant.slug}”.")
        return typed
