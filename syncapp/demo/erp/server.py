"""The network side: HTTP/1.1 with connections kept alive, one thread for each.

Whatever a client sends, it gets an answer in OData's error shape or a closed connection, and
the next client is served.
"""

from __future__ import annotations

import socket
import sys
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from syncapp.demo.erp import faults
from syncapp.demo.erp.errors import ODataError
from syncapp.demo.erp.faults import Door, Fault, FaultKind
from syncapp.demo.erp.service import Answer, Request, Service

MAX_BODY = 4 * 1024 * 1024
IDLE_S = 60
LINGER_S = 1
LINGER_READS = 64


class Server(ThreadingHTTPServer):
    """Serves one `Service`; with a `Door`, faults can be ordered."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: Service, door: Door | None) -> None:
        self.service = service
        self.door = door
        super().__init__(address, _Connection)

    @property
    def url(self) -> str:
        """The address that clients on this machine use."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}/"

    def server_bind(self) -> None:
        """Bind without asking a name server who we are, as the base class would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def shutdown_request(self, request: Any) -> None:
        """Hang up, but read on for a moment: else the client may lose an answer on its way."""
        try:
            request.shutdown(socket.SHUT_WR)
            request.settimeout(LINGER_S)
            for _ in range(LINGER_READS):
                if not request.recv(65536):
                    break
        except OSError:
            pass
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report a mistake of ours; a client that hangs up is none."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    """One connection of one client."""

    server: Server
    protocol_version = "HTTP/1.1"
    # What cannot be read as HTTP/1 is answered so all the same.
    default_request_version = "HTTP/1.0"
    server_version = "DemoERP/1"
    timeout = IDLE_S
    wbufsize = -1
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        started = time.monotonic()
        received = time.time()
        try:
            request = self._request()
        except ODataError as refusal:
            self.close_connection = True
            self._send(Answer(refusal.status, refusal.body()))
            return
        door = self.server.door
        answer = door.answer(request) if door else None
        if answer is not None:
            self._send(answer)
            return
        fault = door.next_fault() if door else None
        answer = self._answer(request, fault)
        if door:
            # Before the answer leaves, so that whoever has it finds the request in the ledger.
            door.note(
                method=self.command,
                path=self.path,
                status=answer.status,
                at=received,
                elapsed_ms=round((time.monotonic() - started) * 1000, 3),
            )
        self._send(answer, broken=fault is not None and fault.kind is FaultKind.DROP)

    # The base class looks for these names.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _answer(self, request: Request, fault: Fault | None) -> Answer:
        if fault is None:
            return self._granted(request)
        if fault.kind is FaultKind.SLOW:
            time.sleep(fault.seconds)
        refused = faults.refused(fault)
        if refused is not None:
            return refused
        return faults.spoiled(fault, self._granted(request), self.path)

    def _granted(self, request: Request) -> Answer:
        try:
            return self.server.service.answer(request)
        except Exception as error:  # noqa: BLE001  the outermost frame of one request
            self.log_error("%s %s: %r", request.method, request.path, error)
            message = "The demo ERP has made a mistake."
            return Answer(500, ODataError(message, code="Internal").body())

    def _request(self) -> Request:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, path, query, headers, self._body(headers))

    def _body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            message = "Send a body with Content-Length."
            raise ODataError(message, code="LengthRequired", status=HTTPStatus.LENGTH_REQUIRED)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            message = "Content-Length is no number."
            raise ODataError(message)
        if len(length) > 10 or int(length) > MAX_BODY:
            message = f"The body is larger than {MAX_BODY} bytes."
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise ODataError(message, code="TooLarge", status=status)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            message = "The body ended early."
            raise ODataError(message)
        return body

    def _send(self, answer: Answer, *, broken: bool = False) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection or broken:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: len(answer.body) // 2] if broken else answer.body)
        self.wfile.flush()

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Answer what is no HTTP request; called by the base class."""
        self.close_connection = True
        sentence = message or explain or HTTPStatus(code).phrase
        self._send(Answer(int(code), ODataError(f"{sentence}.", code="BadHttp").body()))

    def version_string(self) -> str:
        """Name the server, not what it is made of."""
        return self.server_version

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet about each request; the ledger knows them."""
