"""`manage.py demo`: the demo's commands."""

from __future__ import annotations

import os
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from syncapp import canonical
from syncapp.demo.erp import edits


class Command(BaseCommand):
    """Hands each subcommand to the code that does it."""

    help = "Edit what the demo ERP holds."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        commands = parser.add_subparsers(dest="subcommand", required=True)
        edit = commands.add_parser("edit-erp", help="change some partners in the demo ERP")
        edit.add_argument("--count", type=int, default=3, help="how many partners to change")
        reset = commands.add_parser("reset-erp", help="put the demo ERP back as it was made")
        for command in (edit, reset):
            command.add_argument("--url", help="address of the demo ERP, if it is another one")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what the subcommand says."""
        count = options.get("count", 1)
        if not 1 <= count <= edits.MAX_COUNT:
            message = f"--count must be from 1 to {edits.MAX_COUNT}."
            raise CommandError(message)
        password = os.environ.get("SYNCAPP_DEMO_ERP_PASSWORD", "demo")
        try:
            with closing(edits.Client(options["url"] or _address(), password)) as client:
                if options["subcommand"] == "edit-erp":
                    changes = edits.edit(client, count)
                else:
                    changes = edits.reset(client)
                for change in changes:
                    self.stdout.write(str(change))
        except edits.ClientError as error:
            raise CommandError(str(error)) from error


def _address() -> str:
    """Find the demo ERP of this installation."""
    file = settings.SYNCAPP_STATE / "demo.json"
    try:
        return str(canonical.loads(file.read_bytes())["demo_erp_url"])
    except (OSError, *canonical.type_errors, LookupError, TypeError) as error:
        message = f"{file} does not say where the demo ERP is; say it with --url."
        raise CommandError(message) from error
