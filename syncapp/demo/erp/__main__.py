"""Command line: serve the demo ERP, or edit what it holds.

python -m syncapp.demo.erp --port 8090 --state demo-erp.jsonl
python -m syncapp.demo.erp edit --url http://127.0.0.1:8090 --count 3
python -m syncapp.demo.erp reset --url http://127.0.0.1:8090
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from syncapp.demo.erp import data, edits
from syncapp.demo.erp.faults import Door
from syncapp.demo.erp.server import Server
from syncapp.demo.erp.service import Service
from syncapp.demo.erp.store import StateError, Store


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 if it could be done."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        if options.state is None:
            parser.error("to serve, say with --state where edits are kept")
        return _serve(options)
    return _edit(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m syncapp.demo.erp", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    parser.add_argument("--state", type=Path, help="journal of edits")
    parser.add_argument("--faults", action="store_true", help="open the fault door (tests)")
    _add_password(parser)
    commands = parser.add_subparsers(dest="command")
    edit = commands.add_parser("edit", help="change some partners")
    edit.add_argument("--count", type=_count, default=3, help="how many partners to change")
    reset = commands.add_parser("reset", help="put everything back as it was made")
    for command in (edit, reset):
        command.add_argument("--url", required=True, help="address of the demo ERP")
        _add_password(command)
    return parser


def _add_password(parser: argparse.ArgumentParser) -> None:
    default = os.environ.get("SYNCAPP_DEMO_ERP_PASSWORD", "demo")
    parser.add_argument("--password", default=default, help="of the user syncapp")


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= edits.MAX_COUNT:
        message = f"must be from 1 to {edits.MAX_COUNT}"
        raise argparse.ArgumentTypeError(message)
    return number


def _serve(options: argparse.Namespace) -> int:
    # The process stands for somebody else's system, so it reads its own clock.
    try:
        store = Store(options.state, lambda: datetime.now(UTC), data.everything())  # noqa: TID251
    except (StateError, OSError) as error:
        return _failed(error)
    with closing(store):
        return _listen(options, Service(store, options.password))


def _listen(options: argparse.Namespace, service: Service) -> int:
    door = Door() if options.faults else None
    try:
        server = Server((options.host, options.port), service, door)
    except OSError as error:
        return _failed(f"Cannot listen at {options.host}:{options.port}: {error.strerror}")

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # It waits for the loop below, so it must not do so in this thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with server:
        sys.stdout.write(f"Demo ERP: {server.url}odata/v4/\n")
        sys.stdout.flush()
        server.serve_forever(poll_interval=0.1)
    return 0


def _edit(options: argparse.Namespace) -> int:
    try:
        with closing(edits.Client(options.url, options.password)) as client:
            if options.command == "edit":
                changes = edits.edit(client, options.count)
            else:
                changes = edits.reset(client)
            for change in changes:
                sys.stdout.write(f"{change}\n")
    except edits.ClientError as error:
        return _failed(error)
    return 0


def _failed(problem: object) -> int:
    sys.stderr.write(f"{problem}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
