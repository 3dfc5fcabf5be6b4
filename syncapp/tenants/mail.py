"""Letters to users. They leave after the commit: nothing is announced that is then undone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from syncapp.tenants import door
from syncapp.tenants.models import Membership, User


def absolute(path: str) -> str:
    """Complete an address of ours; the request's host is the sender's word and not used."""
    return urljoin(settings.SYNCAPP_BASE_URL, path)


def send_invitation(member: Membership) -> None:
    """Invite somebody: to set a password, or to log in with the one that is there."""
    context: dict[str, Any] = {"name": member.shown_name, "tenant": member.tenant.name}
    if member.user.has_usable_password():
        home = reverse("synclogs:home", kwargs={"tenant": member.tenant.slug})
        context["login_url"] = absolute(home)
    else:
        context["password_url"] = password_url(member.user)
    _send("tenants/email/invitation", member.user.email, context)


def send_operator_invitation(user: User) -> None:
    """Invite somebody to run the platform."""
    context = {"name": user.name, "password_url": password_url(user)}
    _send("tenants/email/operator", user.email, context)


def password_url(user: User) -> str:
    """Make the address where this user sets a password; good for one use and a few days."""
    with door.platform():
        key = default_token_generator.make_token(user)
    parts = {"uidb36": user_pk_to_url_str(user), "key": key}
    return absolute(reverse("account_reset_password_from_key", kwargs=parts))


def send_after_commit(message: EmailMessage) -> None:
    """Hand a letter over once everything it tells of is saved; failures go to the log."""
    transaction.on_commit(message.send, robust=True)


def _send(template: str, address: str, context: dict[str, Any]) -> None:
    context = {**context, "days": settings.PASSWORD_RESET_TIMEOUT // 86_400}
    subject = render_to_string(f"{template}_subject.txt", context).strip()
    text = render_to_string(f"{template}_message.txt", context)
    send_after_commit(EmailMessage(" ".join(subject.split()), text, to=[address]))
