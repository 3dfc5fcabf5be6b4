"""How allauth behaves here: nobody signs up, people are invited."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest
from django.urls import reverse

from syncapp.tenants import mail


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library ships no types
    """Login, logout and passwords only."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Lead to our own address, whatever host the request claims."""
        uid, _, token = key.partition("-")
        parts = {"uidb36": uid, "key": token}
        return mail.absolute(reverse("account_reset_password_from_key", kwargs=parts))

    def send_mail(self, template_prefix: str, email: str, details: dict[str, Any]) -> None:
        """Send after the commit, as all our letters."""
        shown = {"request": context.request, "email": email, **details}
        mail.send_after_commit(self.render_mail(template_prefix, email, shown))
