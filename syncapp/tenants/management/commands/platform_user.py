"""`manage.py platform_user create|remove|list`: who may use the platform area."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from syncapp.errors import SyncAppError
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import User
from syncapp.tenants.services import members


class Command(BaseCommand):
    """Looks after the operators of the platform."""

    help = "Let somebody run the platform, or no longer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Give each act its own arguments."""
        acts = parser.add_subparsers(dest="act", required=True)
        create = acts.add_parser("create", help="a new user is invited by mail")
        create.add_argument("email")
        create.add_argument("--name", default="Operator")
        remove = acts.add_parser("remove", help="the user stays, as far as in a tenant")
        remove.add_argument("email")
        acts.add_parser("list")

    def handle(self, *_args: Any, act: str, **options: Any) -> None:
        """Do what was asked, or say in one line why not."""
        try:
            getattr(self, f"_{act}")(**options)
        except SyncAppError as error:
            said = [error.message, *error.fields.values()]
            raise CommandError(" ".join(dict.fromkeys(said))) from error

    def _create(self, *, email: str, name: str, **_options: Any) -> None:
        user = members.create_operator(email=email, name=name, actor=COMMAND)
        self.stdout.write(f"{user.email} may use the platform area.")

    def _remove(self, *, email: str, **_options: Any) -> None:
        members.remove_operator(email=email, actor=COMMAND)
        self.stdout.write(f"{email} may no longer use the platform area.")

    def _list(self, **_options: Any) -> None:
        with door.platform():
            for user in User.objects.filter(is_platform=True).order_by("email"):
                self.stdout.write(f"{user.email}  {user.name}")
