"""Webhooks: signatures that are made here, and requests that the service sends."""

import base64
import hmac
import json
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from orders_client import (
    InvalidInputError,
    OrderClosedEvent,
    Orders,
    OrdersError,
    UnknownEventError,
    WebhookVerificationError,
    verify_webhook,
)

SECRET, OTHER = (f"whsec_{base64.b64encode(byte * 32).decode()}" for byte in (b"k", b"o"))
WITH_SERVICE = Path(__file__).parents[2] / "testing/with-service.js"
NOW = 1_800_000_000
EVENT = {
    "specversion": "1.0", "id": "0192f0c1-9c1d-7b52-8f0e-6a4b2d9c7e35", "source": "/orders", "type": "orders.closed",
    "subject": "0192f0c1-7a6e-7cc3-98a5-3d1f5c0b7e11", "datacontenttype": "application/json", "tenantid": "acme",
    "time": "2026-01-31T09:32:11.000042Z", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "data": {"orderId": "0192f0c1-7a6e-7cc3-98a5-3d1f5c0b7e11", "tenantId": "acme", "totalCents": 1234,
             "closedAt": "2026-01-31T09:32:11.000042Z"},
}  # fmt: skip
BODY = json.dumps(EVENT).encode()


def sign(body: bytes = BODY, secret: str = SECRET, timestamp: int | str = NOW, event_id: str = "e") -> dict[str, str]:
    """The headers by the specification of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{event_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, "sha256").digest()).decode()
    return {"webhook-id": event_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}


def refused(headers: Mapping[str, str], body: bytes = BODY, secret: str = SECRET, now: float = NOW) -> str:
    with pytest.raises(WebhookVerificationError) as raised:
        verify_webhook(secret, headers, body, now=now)
    assert isinstance(raised.value, OrdersError)
    return str(raised.value)


def test_the_example_of_standard_webhooks_verifies() -> None:
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    with pytest.raises(UnknownEventError):
        verify_webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", headers, '{"test": 2432232314}', now=1614265330)


def test_a_signed_request_becomes_a_typed_event() -> None:
    event = verify_webhook(SECRET, sign(), BODY, now=NOW)
    assert isinstance(event, OrderClosedEvent)
    assert (event.type, event.tenantid, event.source) == ("orders.closed", "acme", "/orders")
    assert (str(event.id), str(event.subject)) == (EVENT["id"], EVENT["subject"])
    assert event.time == event.data.closed_at == datetime(2026, 1, 31, 9, 32, 11, 42, UTC)
    assert (event.data.order_id, event.data.total_cents) == (event.subject, 1234)
    assert event.traceparent == EVENT["traceparent"]
    assert verify_webhook(SECRET, sign(), BODY.decode(), now=NOW) == event


def test_headers_of_any_framework_are_read() -> None:
    message = Message()
    for name, value in sign().items():
        message[name.title()] = value
    for headers in (message, httpx.Headers(sign()), {name.upper(): value for name, value in sign().items()}):
        verify_webhook(SECRET, headers, BODY, now=NOW)


def test_one_of_several_signatures_is_enough() -> None:
    new, old = sign(secret=OTHER)["webhook-signature"], sign()["webhook-signature"]
    for signatures in (f"{new} {old}", f"{old} {new}", f"v1a,xyz v2,{old[3:]} {old}"):
        verify_webhook(SECRET, {**sign(), "webhook-signature": signatures}, BODY, now=NOW)
    forms = (new, f"{new} {new}", f"v1a,{old[3:]}", old[3:], f"{old},", f" {old[:-1]}", "", "v1,", "v1,é", "v1,\ud800")
    for signatures in forms:
        assert refused({**sign(), "webhook-signature": signatures}) == "no signature is that of the secret"


def test_a_changed_request_is_refused() -> None:
    for changed in ({"webhook-id": "f"}, {"webhook-id": "\ud800"}, {"webhook-timestamp": str(NOW + 1)}):
        refused({**sign(), **changed})
    refused(sign(), body=BODY.replace(b"1234", b"9234"))
    refused(sign(), body=BODY + b" ")
    refused(sign(), secret=OTHER)
    for name in sign():
        assert refused({key: value for key, value in sign().items() if key != name}) == f"{name} is missing"


def test_a_request_may_be_five_minutes_old_or_early() -> None:
    for now in (NOW - 300, NOW + 300):
        verify_webhook(SECRET, sign(), BODY, now=now)
    for now in (NOW - 301, NOW + 301):
        assert "and the tolerance is 300 s" in refused(sign(), now=now)
    verify_webhook(SECRET, sign(), BODY, now=NOW + 3000, tolerance=3600)
    assert "ago" in refused_now(sign())  # the clock of this machine
    for timestamp in ("", "soon", "-1", "1.5", "1_0", "9" * 400):
        assert refused(sign(timestamp=timestamp)) == "webhook-timestamp is not a number of seconds"


def refused_now(headers: Mapping[str, str]) -> str:
    with pytest.raises(WebhookVerificationError) as raised:
        verify_webhook(SECRET, headers, BODY)
    return str(raised.value)


def test_a_genuine_event_that_is_not_known_is_an_error_of_its_own() -> None:
    for event, kind in (
        ({**EVENT, "type": "orders.cancelled"}, "orders.cancelled"),
        ({**EVENT, "data": {}}, "orders.closed"),
        ({}, None),
        ([], None),
    ):
        body = json.dumps(event).encode()
        with pytest.raises(UnknownEventError) as raised:
            verify_webhook(SECRET, sign(body), body, now=NOW)
        assert raised.value.type == kind
        assert not isinstance(raised.value, WebhookVerificationError)
    assert verify_webhook(SECRET, sign(), BODY, now=NOW)
    more = json.dumps({**EVENT, "new": 1, "data": {**EVENT["data"], "new": 1}}).encode()  # type: ignore[dict-item]
    assert verify_webhook(SECRET, sign(more), more, now=NOW) == verify_webhook(SECRET, sign(), BODY, now=NOW)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", SECRET[6:], "whsec_!", "whsec_é", f"whsec_{'A' * 28}", f"whsec_{'A' * 88}"]
)
def test_a_malformed_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        verify_webhook(secret, sign(), BODY, now=NOW)
    assert raised.value.code == "invalid_secret"
    assert str(raised.value) == "secret must be `whsec_` and 24 to 64 bytes in Base64"


# === with the service ===


@contextmanager
def receiver() -> Iterator[tuple[str, "queue.Queue[tuple[Mapping[str, str], bytes]]"]]:
    """An address, and the requests that arrive there."""
    requests: queue.Queue[tuple[Mapping[str, str], bytes]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            requests.put((dict(self.headers.items()), body))

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/events", requests
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def service(*flags: str) -> Iterator[str]:
    """A service of its own with these flags; it ends when the input of its command does."""
    command = ["node", str(WITH_SERVICE), *flags, "--", "sh", "-c", "echo $ORDERS_URL && cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait()


def test_what_the_service_sends_verifies_with_either_of_its_secrets() -> None:
    with receiver() as (url, requests), service("--publisher", url, "--webhook-secrets", f"{SECRET},{OTHER}") as at:
        with Orders(at, tenant_id="acme") as orders:
            order = orders.close(orders.confirm(orders.create(), 1234))
            closed = orders.get(order.id)
        headers, body = requests.get(timeout=30)
    event = verify_webhook(SECRET, headers, body)
    assert event == verify_webhook(OTHER, headers, body)
    assert (event.subject, event.data.order_id, event.tenantid) == (order.id, order.id, "acme")
    assert (event.data.total_cents, event.data.closed_at) == (1234, closed.updated_at)
    with pytest.raises(WebhookVerificationError):
        verify_webhook(SECRET, headers, body.replace(b"1234", b"9999"))
