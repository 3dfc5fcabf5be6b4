"""Tenants, users, profiles, memberships, API keys, audit entries; the base of tenant-owned rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from syncapp.tenants import permissions

if TYPE_CHECKING:
    from datetime import datetime


SLUG_HELP = "Lower-case letters, digits and hyphens; begins with a letter."


class AllTenantsQuerySet(models.QuerySet["Tenant"]):
    """Tenants as the platform's operators see them."""

    def counted(self) -> Self:
        """Add `n_users` and `n_keys`."""
        return self.annotate(n_users=_count("Membership"), n_keys=_count("ApiKey"))


def _count(model: str) -> Coalesce:
    rows = apps.get_model("tenants", model)._default_manager.filter(
        tenant=models.OuterRef("pk")
    )
    counted = rows.order_by().values("tenant").annotate(n=models.Count("pk")).values("n")
    return Coalesce(models.Subquery(counted), 0)


class Tenant(models.Model):
    """The customer organisation that owns rows."""

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    id = models.AutoField(primary_key=True)
    slug = models.SlugField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9-]{1,39}$", SLUG_HELP)],
    )
    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=60, default="UTC")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AllTenantsQuerySet.as_manager()

    class Meta:
        db_table = "tenant"

    def __str__(self) -> str:
        return self.name


class TenantQuerySet(models.QuerySet[Any]):
    """A queryset that can be narrowed to one tenant."""

    def for_tenant(self, tenant: Tenant | int) -> Self:
        """Narrow to the rows of this tenant, given as row or id."""
        return self.filter(tenant=tenant)


class TenantModel(models.Model):
    """Base of every configuration row: owned by a tenant, reached through `for_tenant`."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, editable=False, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class UserManager(BaseUserManager["User"]):
    """Finds users by e-mail, whatever its case."""

    def create_user(self, email: str, name: str, password: str | None = None) -> User:
        """Make a user; without a password, one who must set it by mail."""
        user = User(email=self.normalize_email(email), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Bring an address to the one spelling that is stored."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> User:
        """Find by e-mail, as the login does."""
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser):
    """A person, known by e-mail across all tenants."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=100)
    avatar = models.FileField(upload_to="avatars/", blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    is_platform = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        db_table = "tenant_user"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["email"], name="tenant_user_email"),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="tenant_user_email_lower"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def avatar_version(self) -> str:
        """Changes with the picture, so that browsers may keep it."""
        return str(self.avatar.name).rpartition("-")[2].partition(".")[0]


class Profile(TenantModel):
    """A named set of permissions."""

    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200, blank=True)
    permissions = ArrayField(models.CharField(max_length=60), default=list, blank=True)

    class Meta:
        db_table = "tenant_profile"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="tenant_profile_name"),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(TenantQuerySet):
    """Memberships as a tenant may see them."""

    def named(self) -> Self:
        """Add `label` and `seen_at`, to show, sort and search by; see `Membership`."""
        joined = models.Q(joined_at__isnull=False)
        return self.annotate(
            label=models.Case(
                models.When(joined, then=models.F("user__name")),
                default=models.F("invited_as"),
            ),
            seen_at=models.Case(models.When(joined, then=models.F("user__last_login"))),
        )

    def administrators(self) -> Self:
        """Keep those who can let others in and give them rights."""
        return self.filter(
            enabled=True,
            user__is_active=True,
            joined_at__isnull=False,
            profile__permissions__contains=sorted(permissions.ADMINISTRATION),
        )


class Membership(TenantModel):
    """A user in a tenant, with a profile.

    Until somebody who was invited comes in for the first time, the tenant sees only what it typed
    itself: a name, a picture or a date of the user's own would tell that the address was known.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    profile = models.ForeignKey(
        Profile, on_delete=models.PROTECT, related_name="memberships", db_constraint=False
    )
    enabled = models.BooleanField(default=True)
    invited_as = models.CharField(max_length=100, editable=False)
    joined_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()  # type: ignore[misc]  # a narrower manager

    class Meta:
        db_table = "tenant_membership"
        verbose_name = "user"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "user"], name="tenant_membership_user"),
        ]

    def __str__(self) -> str:
        return self.shown_name or self.user.email

    @property
    def shown_name(self) -> str:
        """The user's own name once she has joined, before that the one in the invitation."""
        return self.user.name if self.joined_at else self.invited_as

    @property
    def state(self) -> str:
        """How the list shows the member: `active`, `invited` or `deactivated`."""
        if not self.enabled:
            return "deactivated"
        return "active" if self.joined_at else "invited"

    @property
    def permissions(self) -> list[str]:
        """Codes of the profile."""
        return self.profile.permissions

    @property
    def active(self) -> bool:
        """Both the membership and the user are switched on."""
        return self.enabled and self.user.is_active

    def may(self, code: str) -> bool:
        """Tell whether this member may do what `code` names."""
        return permissions.may(self, code)


class ApiKey(TenantModel):
    """A key of a REST client; of the key itself only the hash is kept."""

    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    hash = models.BinaryField(editable=False)
    permissions = ArrayField(models.CharField(max_length=60), default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    created_by = models.CharField(max_length=300, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "tenant_api_key"
        verbose_name = "API key"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "name"],
                condition=models.Q(revoked_at__isnull=True),
                name="tenant_api_key_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def active(self) -> bool:
        """Neither revoked nor expired."""
        return self.usable(timezone.now())

    @property
    def state(self) -> str:
        """How the list shows the key: `active`, `expired` or `revoked`."""
        if self.revoked_at:
            return "revoked"
        return "active" if self.active else "expired"

    def usable(self, now: datetime) -> bool:
        """Tell whether the key opens the door at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def may(self, code: str) -> bool:
        """Tell whether this key may do what `code` names."""
        return permissions.may(self, code)


class AuditEntry(TenantModel):
    """Who changed which configuration when; only ever added to.

    `diff` is {field: [before, after]}; secrets appear as "changed", never as values.
    """

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, editable=False, related_name="+", db_constraint=False
    )
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=300)
    actor_user = models.BigIntegerField(null=True)
    action = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField(null=True)
    object_label = models.CharField(max_length=200)
    diff = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "tenant_audit"
        indexes: ClassVar = [
            models.Index(fields=["tenant", "-id"], name="tenant_audit_newest"),
            models.Index(fields=["tenant", "kind", "object_id"], name="tenant_audit_object"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.object_label}"
