"""`manage.py demo`: the demo's commands."""

from __future__ import annotations

import os
import shlex
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from syncapp import canonical
from syncapp.demo.erp import edits
from syncapp.demo.seed import Erp, seed
from syncapp.errors import SyncAppError


class Command(BaseCommand):
    """Hands each subcommand to the code that does it."""

    help = "Fill the demo tenant, say how to use it, edit what the demo ERP holds."
    requires_system_checks = ()  # they take as long as everything else here

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        commands = parser.add_subparsers(dest="subcommand", required=True)
        fill = commands.add_parser("seed", help="make what is missing of the demo tenant")
        fill.add_argument("--erp-url", required=True, help="address of the demo ERP")
        fill.add_argument("--out", type=Path, required=True, help="where to write the logins")
        commands.add_parser("env", help='print URL and KEY for a shell: eval "$(… demo env)"')
        edit = commands.add_parser("edit-erp", help="change some partners in the demo ERP")
        edit.add_argument("--count", type=int, default=3, help="how many partners to change")
        reset = commands.add_parser("reset-erp", help="put the demo ERP back as it was made")
        for command in (edit, reset):
            command.add_argument("--url", help="address of the demo ERP, if it is another one")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what the subcommand says."""
        password = os.environ.get("SYNCAPP_DEMO_ERP_PASSWORD", "demo")
        acts = {"seed": self._seed, "env": self._env}
        try:
            acts.get(options["subcommand"], self._edit)(options, password)
        except (edits.ClientError, SyncAppError) as error:
            raise CommandError(str(error)) from error

    def _seed(self, options: dict[str, Any], password: str) -> None:
        erp = Erp(options["erp_url"], password)
        seed(erp, out=options["out"], clock=timezone.now)
        self.stdout.write(f"The demo is ready; {options['out']} says how to use it.")

    def _env(self, _options: dict[str, Any], _password: str) -> None:
        for variable, name in (("URL", "url"), ("KEY", "api_key")):
            self.stdout.write(f"{variable}={shlex.quote(_told(name))}")

    def _edit(self, options: dict[str, Any], password: str) -> None:
        count = options.get("count", 1)
        if not 1 <= count <= edits.MAX_COUNT:
            message = f"--count must be from 1 to {edits.MAX_COUNT}."
            raise CommandError(message)
        url = options["url"] or _told("demo_erp_url")
        with closing(edits.Client(url, password)) as client:
            resetting = options["subcommand"] == "reset-erp"
            for change in edits.reset(client) if resetting else edits.edit(client, count):
                self.stdout.write(str(change))


def _told(name: str) -> str:
    """Read how the demo of this installation is used."""
    file = settings.SYNCAPP_STATE / "demo.json"
    try:
        return str(canonical.loads(file.read_bytes())[name])
    except (OSError, *canonical.type_errors, LookupError, TypeError) as error:
        message = f"{file} does not say the {name} of the demo; `python3 run.py` writes it."
        raise CommandError(message) from error
