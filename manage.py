#!/usr/bin/env python
"""Django's commands. `python3 run.py manage …` adds the addresses of PostgreSQL and Valkey."""

import os
import sys

from django.core.management import execute_from_command_line

# These read or change the schema, which only the owner may do; all others run as the application.
OWNER_COMMANDS = {
    "makemigrations",
    "migrate",
    "showmigrations",
    "sqlmigrate",
    "squashmigrations",
}


def main() -> None:
    """Choose settings and database role, then run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncapp.settings")
    if OWNER_COMMANDS.intersection(sys.argv[1:2]):
        os.environ["SYNCAPP_DB_ROLE"] = "syncapp_owner"
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
