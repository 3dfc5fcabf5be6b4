"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from allauth.account import views as login
from django.urls import URLPattern, URLResolver, path, re_path

app_name = "tenants"

urlpatterns: list[URLPattern | URLResolver] = []
api_urlpatterns: list[URLPattern | URLResolver] = []
platform_urlpatterns: list[URLPattern | URLResolver] = []
account_urlpatterns: list[URLPattern | URLResolver] = []

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
