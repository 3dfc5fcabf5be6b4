"""Browser tests: Chromium against the application on a real port and committed rows."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Page, expect

from tests import chromium as browser

# Playwright's synchronous face keeps an event loop in our thread, in which Django would refuse queries.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# For machines that do much else at the same time; who waits for what comes, waits no longer than it takes.
TIMEOUT_MS = 15_000
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; without one the tests here would have been left out."""
    found = browser.find()
    assert found
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], chromium: str
) -> dict[str, Any]:
    """Start the Chromium of this machine. Its sandbox refuses to work for root."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium, "args": arguments}


@pytest.fixture
def page(page: Page) -> Page:
    """A fresh window."""
    page.set_default_timeout(TIMEOUT_MS)
    return page


class _Handler(WSGIRequestHandler):
    """One request per connection and thread, so that no thread keeps a database connection."""

    protocol_version = "HTTP/1.0"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: what a test wants to know it asks the page."""


@pytest.fixture
def live(committed_db: None) -> Iterator[str]:
    """The address of the application, which sees what the test has committed (and nothing else)."""
    application = get_wsgi_application()
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = False  # closing waits for the requests that are still running
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
