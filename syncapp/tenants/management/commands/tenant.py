"""`manage.py tenant create|list|suspend|resume|delete`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from syncapp.errors import SyncAppError
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Profile, Tenant
from syncapp.tenants.services import members, tenancy


class Command(BaseCommand):
    """Looks after tenants."""

    help = "Create, list, suspend, resume and delete tenants."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Give each act its own arguments."""
        acts = parser.add_subparsers(dest="act", required=True)
        create = acts.add_parser("create", help="make a tenant and invite its administrator")
        create.add_argument("slug")
        create.add_argument("--name", help="as people write it; else made of the slug")
        create.add_argument("--time-zone", default="UTC")
        create.add_argument("--admin", metavar="EMAIL", help="gets an invitation by mail")
        create.add_argument("--admin-name", default="Administrator")
        acts.add_parser("list", help="show all tenants")
        for act in ("suspend", "resume"):
            turn = acts.add_parser(act)
            turn.add_argument("slug")
            turn.add_argument("--reason", default="")
        delete = acts.add_parser("delete", help="destroy a tenant and everything it owns")
        delete.add_argument("slug")
        delete.add_argument(
            "--confirm", metavar="SLUG", help="the slug once more, instead of a question"
        )

    def handle(self, *_args: Any, act: str, **options: Any) -> None:
        """Do what was asked, or say in one line why not."""
        try:
            getattr(self, f"_{act}")(**options)
        except SyncAppError as error:
            said = [error.message, *error.fields.values()]
            raise CommandError(" ".join(dict.fromkeys(said))) from error

    def _create(
        self,
        *,
        slug: str,
        name: str | None,
        time_zone: str,
        admin: str | None,
        admin_name: str,
        **_options: Any,
    ) -> None:
        with door.platform():
            tenant = tenancy.create_tenant(
                slug=slug, name=name or slug.title(), time_zone=time_zone, actor=COMMAND
            )
            if admin:
                profile = Profile.objects.for_tenant(tenant).get(name=tenancy.ADMINISTRATOR)
                members.invite(
                    tenant=tenant, email=admin, name=admin_name, profile=profile, actor=COMMAND
                )
        self.stdout.write(f"Created tenant {slug}.")

    def _list(self, **_options: Any) -> None:
        with door.platform():
            counted: Any = Tenant.objects.counted()
            for one in counted.order_by("slug"):
                self.stdout.write(
                    f"{one.slug:<40} {one.state:<10} {one.n_users:>5} users  {one}"
                )

    def _suspend(self, *, slug: str, reason: str, **_options: Any) -> None:
        tenancy.suspend_tenant(_tenant(slug), actor=COMMAND, reason=reason)
        self.stdout.write(f"Suspended tenant {slug}.")

    def _resume(self, *, slug: str, reason: str, **_options: Any) -> None:
        tenancy.resume_tenant(_tenant(slug), actor=COMMAND, reason=reason)
        self.stdout.write(f"Resumed tenant {slug}.")

    def _delete(self, *, slug: str, confirm: str | None, **_options: Any) -> None:
        tenant = _tenant(slug)
        if confirm is None:
            confirm = input(f"This destroys everything {tenant} owns. Type {slug} to go on: ")
        if confirm != slug:
            raise CommandError("Nothing was deleted.")
        count = tenancy.delete_tenant(tenant, actor=COMMAND)
        self.stdout.write(f"Deleted tenant {slug} with {count} rows.")


def _tenant(slug: str) -> Tenant:
    with door.platform():
        tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {slug}.")
    return tenant
