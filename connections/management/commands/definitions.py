"""`manage.py definitions export|import|diff`: definitions of a tenant as a file."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from connections.definitions.applying import apply
from connections.definitions.comparing import Changes, State, diff
from connections.definitions.exporting import export
from connections.definitions.schema import Document, read
from syncapp.errors import SyncAppError
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant

_SIGNS: Final = {State.CREATED: "+", State.CHANGED: "~", State.ONLY_HERE: " "}


class Command(BaseCommand):
    """Reads from a file or standard input, writes to a file or standard output."""

    help = (
        "Write configs (without secrets), connect objects, value maps, connectors and connections "
        "to a YAML file; show what such a file would change; apply it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the three acts and their options."""
        parser.add_argument("act", choices=["export", "import", "diff"])
        parser.add_argument("--tenant", required=True, help="short name of the tenant")
        parser.add_argument("--file", help="the file; standard output or input without it")
        parser.add_argument(
            "--connector", default="", help="export: only this connector, and what it needs"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it inside of the tenant's door."""
        acts: dict[str, Callable[[Tenant, dict[str, Any]], None]] = {
            "export": self._export,
            "import": self._import,
            "diff": self._diff,
        }
        with door.platform():
            tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant “{options['tenant']}”.")
        try:
            with door.tenant(tenant.pk):
                acts[options["act"]](tenant, options)
        except SyncAppError as error:
            raise CommandError(error.message) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file'] or 'The input'}: {error}") from error

    def _export(self, tenant: Tenant, options: dict[str, Any]) -> None:
        text = export(tenant, options["connector"])
        if options["file"]:
            Path(options["file"]).write_text(text, encoding="utf-8", newline="")
        else:
            self.stdout.write(text, ending="")

    def _import(self, tenant: Tenant, options: dict[str, Any]) -> None:
        applied = apply(tenant, _document(options), actor=COMMAND)
        self._tell(applied.changes)
        for name in applied.to_connect:
            self.stdout.write(f"Enter the secrets of “{name}” and press Connect.")

    def _diff(self, tenant: Tenant, options: dict[str, Any]) -> None:
        self._tell(diff(tenant, _document(options)))

    def _tell(self, changes: Changes) -> None:
        for change in changes.each:
            if change.state is State.UNCHANGED:
                continue
            here = " (only here)" if change.state is State.ONLY_HERE else ""
            self.stdout.write(f"{_SIGNS[change.state]} {change.kind} {change.key}{here}")
            for one in change.differences:
                self.stdout.write(f"    {one.field}: {one.said_before} → {one.said_after}")
        told = ", ".join(
            f"{count} {name.replace('_', ' ')}" for name, count in changes.counts.items()
        )
        self.stdout.write(f"{told}.")


def _document(options: dict[str, Any]) -> Document:
    path = options["file"]
    return read(Path(path).read_text(encoding="utf-8") if path else sys.stdin.read())
