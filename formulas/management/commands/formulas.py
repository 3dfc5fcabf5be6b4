"""`manage.py formulas docs [--check]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from formulas import docs


class Command(BaseCommand):
    """Looks after the description of the formula language."""

    help = "Write the generated parts of docs/formulas.md, or check that they are up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Give each act its own arguments."""
        acts = parser.add_subparsers(dest="act", required=True)
        writing = acts.add_parser("docs", help="write docs/formulas.md")
        writing.add_argument(
            "--check", action="store_true", help="change nothing, only compare"
        )

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        """Write, or compare and say what to do."""
        page = settings.BASE_DIR / "docs" / "formulas.md"
        text = page.read_text()
        wanted = docs.renewed(text)
        if check and wanted != text:
            raise CommandError("docs/formulas.md is out of date: run manage.py formulas docs.")
        if not check:
            page.write_text(wanted)
