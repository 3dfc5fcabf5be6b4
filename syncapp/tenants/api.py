from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from syncapp.errors import Invalid
from syncapp.tenants.actors import Actor
from syncapp.tenants.authentication import KeyAuthentication
from syncapp.tenants.filters import AuditFilterSet, UserFilterSet
from syncapp.tenants.http import ApiRequest
from syncapp.tenants.models import (
    ApiKey,
    AuditEntry,
    Membership,
    MembershipQuerySet,
    Profile,
    Tenant,
)
from syncapp.tenants.services import keys, members, profiles
from syncapp.ui.api import ViewSet
from syncapp.ui.paging import Keyset


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its own
    """Describes the key in the OpenAPI document, for "Authorize" of the docs page."""

    target_class = KeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "`Bearer syn_…`"}


class TenantSerializer(serializers.ModelSerializer[Tenant]):
    class Meta:
        model = Tenant
        fields = ("slug", "name", "time_zone")


class MeSerializer(serializers.Serializer[Any]):
    tenant = TenantSerializer()
    actor = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)


class MeView(APIView):
    """Who the key is: needs no permission but the key itself."""

    required_permission: ClassVar[str | None] = None

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        key = cast("ApiKey", request.auth)
        told = {
            "tenant": key.tenant,
            "actor": cast("Actor", request.user).label,
            "permissions": sorted(key.permissions),
            "expires_at": key.expires_at,
        }
        return Response(MeSerializer(told).data)


class _Room(ViewSet):
    """What the viewsets of this room have in common."""

    @property
    def tenant(self) -> Tenant:
        return cast("ApiRequest", self.request._request).tenant

    @property
    def actor(self) -> Actor:
        return cast("ApiRequest", self.request._request).actor

    def profile(self, pk: int) -> Profile:
        """Find the profile that a body names."""
        found: Profile | None = Profile.objects.for_tenant(self.tenant).filter(pk=pk).first()
        if found is None:
            raise Invalid(fields={"profile": "There is no such profile here."})
        return found


class MemberSerializer(serializers.ModelSerializer[Membership]):
    name = serializers.CharField(source="shown_name", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    last_login_at = serializers.DateTimeField(source="seen_at", read_only=True)
    state = serializers.ChoiceField(
        choices=("active", "invited", "deactivated"), read_only=True
    )

    class Meta:
        model = Membership
        fields = (
            "id",
            "name",
            "email",
            "profile",
            "enabled",
            "state",
            "created_at",
            "last_login_at",
        )


class InviteSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    email = serializers.EmailField(max_length=254)
    profile = serializers.IntegerField()


class MemberChangeSerializer(serializers.Serializer[Any]):
    profile = serializers.IntegerField(required=False)
    enabled = serializers.BooleanField(required=False)


class MemberViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, _Room):
    """Users of the tenant."""

    model = Membership
    module = "users"
    serializer_class = MemberSerializer
    filterset_class = UserFilterSet

    def get_queryset(self) -> QuerySet[Any]:
        rows = cast("MembershipQuerySet", super().get_queryset())
        return rows.named().select_related("tenant", "user", "profile")

    @extend_schema(request=InviteSerializer, responses={201: MemberSerializer})
    def create(self, request: Request) -> Response:
        body = InviteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        member = members.invite(
            tenant=self.tenant,
            email=sent["email"],
            name=sent["name"],
            profile=self.profile(sent["profile"]),
            actor=self.actor,
        )
        return self._shown(member.pk, status.HTTP_201_CREATED)

    @extend_schema(request=MemberChangeSerializer, responses=MemberSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        member = self.get_object()
        body = MemberChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        members.edit_member(
            member,
            profile=self.profile(sent["profile"]) if "profile" in sent else member.profile,
            enabled=sent.get("enabled", member.enabled),
            actor=self.actor,
        )
        return self._shown(member.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        members.remove_member(self.get_object(), actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _shown(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        row = self.get_queryset().get(pk=pk)
        return Response(MemberSerializer(row).data, status=code)


class ProfileSerializer(serializers.ModelSerializer[Profile]):
    permissions = serializers.ListField(child=serializers.CharField(max_length=60))

    class Meta:
        model = Profile
        fields = ("id", "name", "description", "permissions")


class ProfileViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, _Room):
    """Named sets of permissions."""

    model = Profile
    module = "profiles"
    serializer_class = ProfileSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().select_related("tenant")

    def create(self, request: Request) -> Response:
        body = ProfileSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = {"description": "", **body.validated_data}
        profile = profiles.create_profile(tenant=self.tenant, actor=self.actor, **sent)
        return Response(ProfileSerializer(profile).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        profile = self.get_object()
        body = ProfileSerializer(profile, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        values = {
            name: body.validated_data.get(name, getattr(profile, name))
            for name in ("name", "description", "permissions")
        }
        profiles.edit_profile(profile, actor=self.actor, **values)
        return Response(ProfileSerializer(profile).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        profiles.delete_profile(self.get_object(), actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    permissions = serializers.ListField(child=serializers.CharField(max_length=60))
    state = serializers.ChoiceField(choices=("active", "expired", "revoked"), read_only=True)

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "name",
            "prefix",
            "permissions",
            "state",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "created_by",
            "created_at",
        )
        read_only_fields = ("prefix", "revoked_at", "last_used_at", "created_by", "created_at")


class NewApiKeySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)
    key = serializers.CharField(help_text="The key itself; shown this once.")


class ApiKeyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, _Room):
    """API keys; deleting one revokes it, its row stays for the audit."""

    model = ApiKey
    module = "api_keys"
    serializer_class = ApiKeySerializer
    told = ("id", "name", "prefix", "permissions", "expires_at")

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().select_related("tenant")

    @extend_schema(responses={201: NewApiKeySerializer})
    def create(self, request: Request) -> Response:
        body = ApiKeySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = {"expires_at": None, **body.validated_data}
        key, text = keys.issue_key(
            tenant=self.tenant, actor=self.actor, now=timezone.now(), **sent
        )
        shown = {name: getattr(key, name) for name in self.told} | {"key": text}
        return Response(
            NewApiKeySerializer(shown).data,
            status=status.HTTP_201_CREATED,
            headers={"Cache-Control": "no-store"},
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        keys.revoke_key(self.get_object(), actor=self.actor, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "at",
            "actor",
            "action",
            "kind",
            "object_id",
            "object_label",
            "diff",
            "reason",
        )


class AuditViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, _Room):
    """Who changed what; newest first."""

    model = AuditEntry
    module = "audit"
    serializer_class = AuditSerializer
    filterset_class = AuditFilterSet
    keyset = Keyset()
