"""A server whose responses a test writes, and a proxy in front of the service that injects faults."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Got:
    """A request that arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Exchange:
    """A request that waits for its response."""

    got: Got
    forward: Callable[[], Reply]
    send: Callable[[Reply, int], None]
    """Sends a response with so many bytes of its body."""
    write: Callable[[bytes], object]
    cut: Callable[[], None]
    """Closes the connection."""
    wait: Callable[[float], bool]
    """Waits until the server stops, or so many seconds. Returns whether it stops."""


Step = Callable[[Exchange], None]


def respond(status: int, headers: Mapping[str, str] | None = None, body: str = "") -> Step:
    reply = Reply(status, headers or {}, body.encode())
    return lambda exchange: exchange.send(reply, len(reply.body))


def lost_request(exchange: Exchange) -> None:
    """The service does not see the request."""
    exchange.cut()


def lost_response(exchange: Exchange) -> None:
    """The service handles the request, and the client does not learn of it."""
    exchange.forward()
    exchange.cut()


def broken_response(exchange: Exchange) -> None:
    """The service handles the request, and half of the response arrives."""
    reply = exchange.forward()
    exchange.send(reply, len(reply.body) // 2)
    exchange.cut()


def silence(exchange: Exchange) -> None:
    """The service handles the request, and no response arrives."""
    exchange.forward()
    exchange.wait(60)


def trickle(exchange: Exchange) -> None:
    """A response that makes progress and does not end."""
    exchange.send(Reply(200, {"Content-Type": "application/json"}, b" " * 10_000), 1)
    while not exchange.wait(0.05):
        exchange.write(b" ")


def passed(exchange: Exchange) -> None:
    """The service handles the request and responds."""
    reply = exchange.forward()
    exchange.send(reply, len(reply.body))


def doing(action: Callable[[], object], then: Step = lost_request) -> Step:
    def step(exchange: Exchange) -> None:
        action()
        then(exchange)

    return step


class Server:
    """The next requests meet these steps, in order; later ones meet `last`."""

    def __init__(self, *steps: Step, upstream: str = "", last: Step = respond(404)) -> None:
        self.requests: list[Got] = []
        self._steps = list(steps)
        self._last = last
        self._upstream = urlsplit(upstream)
        self._stopping = threading.Event()
        self._connections: list[socket.socket] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        for connection in self._connections:
            _cut(connection)
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                server._connections.append(self.connection)

            def log_message(self, format: str, *args: object) -> None:
                pass

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True  # the client has left, as some tests want

            def do_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Got(self.command, self.path, headers, body, time.monotonic())
                server.requests.append(got)
                step = server._steps.pop(0) if server._steps else server._last
                forward, wait = partial(server._forward, got), server._stopping.wait
                step(Exchange(got, forward, self._send, self.wfile.write, self._cut, wait))

            def _send(self, reply: Reply, count: int) -> None:
                self.send_response(reply.status)
                skipped = ("content-length", "date", "server", "connection", "transfer-encoding")
                for name, value in reply.headers.items():
                    if name.lower() not in skipped:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body[:count])

            def _cut(self) -> None:
                self.close_connection = True
                _cut(self.connection)

            do_GET = do_POST = do_PATCH = do_any

        return Handler

    def _forward(self, got: Got) -> Reply:
        if not self._upstream.hostname:
            return Reply(200, {}, b"{}")
        upstream = http.client.HTTPConnection(self._upstream.hostname, self._upstream.port, timeout=30)
        try:
            upstream.request(got.method, got.path, got.body, dict(got.headers))
            response = upstream.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            upstream.close()


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the client was first
