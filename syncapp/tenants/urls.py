"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`, and those without
a tenant: login, one's own account, the platform."""

from __future__ import annotations

from allauth.account import views as login
from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from syncapp.tenants import api
from syncapp.tenants.views import account, audit, keys, members, platform, profiles, settings

app_name = "tenants"

urlpatterns: list[URLPattern | URLResolver] = [
    path("setup/users/", members.UserList.as_view(), name="user_list"),
    path("setup/users/new/", members.UserInvite.as_view(), name="user_create"),
    path("setup/users/<int:pk>/", members.UserDetail.as_view(), name="user_detail"),
    path("setup/users/<int:pk>/edit/", members.UserEdit.as_view(), name="user_edit"),
    path("setup/users/<int:pk>/delete/", members.UserDelete.as_view(), name="user_delete"),
    path(
        "setup/users/<int:pk>/password/", members.UserPassword.as_view(), name="user_password"
    ),
    path("setup/users/<int:pk>/invite/", members.user_invite, name="user_invite"),
    path("setup/users/<int:pk>/avatar/", members.user_avatar, name="user_avatar"),
    path("setup/profiles/", profiles.ProfileList.as_view(), name="profile_list"),
    path(
        "setup/profiles/new/",
        profiles.ProfileEdit.as_view(permission="profiles.create"),
        name="profile_create",
    ),
    path("setup/profiles/<int:pk>/", profiles.ProfileDetail.as_view(), name="profile_detail"),
    path("setup/profiles/<int:pk>/edit/", profiles.ProfileEdit.as_view(), name="profile_edit"),
    path(
        "setup/profiles/<int:pk>/delete/",
        profiles.ProfileDelete.as_view(),
        name="profile_delete",
    ),
    path("setup/api-keys/", keys.ApiKeyList.as_view(), name="api_key_list"),
    path("setup/api-keys/new/", keys.ApiKeyCreate.as_view(), name="api_key_create"),
    path("setup/api-keys/<int:pk>/", keys.ApiKeyDetail.as_view(), name="api_key_detail"),
    path("setup/api-keys/<int:pk>/revoke/", keys.ApiKeyRevoke.as_view(), name="api_key_revoke"),
    path("setup/audit/", audit.AuditList.as_view(), name="audit_list"),
    path("setup/audit/<int:pk>/", audit.AuditDetail.as_view(), name="audit_detail"),
    path("setup/settings/", settings.Settings.as_view(), name="settings"),
    path("setup/settings/edit/", settings.SettingsEdit.as_view(), name="settings_edit"),
]

_router = SimpleRouter()
_router.register("members", api.MemberViewSet, "api-member")
_router.register("profiles", api.ProfileViewSet, "api-profile")
_router.register("api-keys", api.ApiKeyViewSet, "api-key")
_router.register("audit", api.AuditViewSet, "api-audit")

api_urlpatterns: list[URLPattern | URLResolver] = [
    path("me/", api.MeView.as_view(), name="api-me"),
    *_router.urls,
]

platform_urlpatterns: list[URLPattern | URLResolver] = [
    path("", platform.TenantList.as_view(), name="tenant_list"),
    path("tenants/new/", platform.TenantCreate.as_view(), name="tenant_create"),
    path("tenants/<int:pk>/", platform.TenantDetail.as_view(), name="tenant_detail"),
    path(
        "tenants/<int:pk>/suspend/",
        platform.TenantTurn.as_view(verb="Suspend"),
        name="tenant_suspend",
    ),
    path(
        "tenants/<int:pk>/resume/",
        platform.TenantTurn.as_view(verb="Resume"),
        name="tenant_resume",
    ),
    path("tenants/<int:pk>/delete/", platform.TenantDelete.as_view(), name="tenant_delete"),
]

account_urlpatterns: list[URLPattern | URLResolver] = [
    path("", account.account, name="account"),
    path("avatar/", account.account_avatar, name="account_avatar"),
]

# A choice of django-allauth's addresses: those that change an e-mail address stay out, it is
# the user's name here.
login_urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", login.login, name="account_login"),
    path("logout/", login.logout, name="account_logout"),
    path("inactive/", login.account_inactive, name="account_inactive"),
    path("signup/", login.signup, name="account_signup"),
    path("password/change/", login.password_change, name="account_change_password"),
    path("password/reset/", login.password_reset, name="account_reset_password"),
    path("password/reset/done/", login.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        login.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        login.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
