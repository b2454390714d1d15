"""Webhooks of the service: signatures of Standard Webhooks 1.0, and the events in them."""

import base64
import hmac
import re
import time
from collections.abc import Iterable
from hashlib import sha256
from typing import Protocol

from . import _decode as decode
from ._errors import InvalidInputError, OrdersError
from ._json import DecodeError, Json
from ._models import WebhookEvent


class WebhookHeaders(Protocol):
    """The headers of a request, as every web framework has them: a `dict`, for example. The case of names is free."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Names and values."""
        ...


class WebhookVerificationError(OrdersError):
    """The request is forged, changed, repeated too late, or not a webhook. Respond 401, and do not read the body."""


class UnknownEventError(OrdersError):
    """The signature is right, but this version of the package does not know the event. Respond 2xx to skip it."""

    type: str | None
    """The type of the event, if it has one."""

    def __init__(self, message: str, type: str | None) -> None:
        super().__init__(message, type)
        self.type = type

    def __str__(self) -> str:
        return str(self.args[0])


def verify_webhook(
    secret: str,
    headers: WebhookHeaders,
    body: bytes | str,
    *,
    tolerance: float = 300.0,
    now: float | None = None,
) -> WebhookEvent:
    """Checks that the service has sent this request, and returns its event.

    `secret` is one of `ORDERS_WEBHOOK_SECRETS`: `whsec_` and 24 to 64 bytes in Base64. While the service signs with
    two secrets, either one will do. `body` is what was received, byte for byte. The signed time may differ from `now`
    (seconds since 1970; default: this machine's clock) by `tolerance` seconds.

    Raises `WebhookVerificationError`, `UnknownEventError`, and `InvalidInputError` for a malformed secret.
    """
    key = _key(secret)
    values = {name.lower(): value for name, value in headers.items()}
    event_id, timestamp = _header(values, "webhook-id"), _header(values, "webhook-timestamp")
    content = _bytes(body) if isinstance(body, str) else body
    expected = base64.b64encode(hmac.digest(key, _bytes(f"{event_id}.{timestamp}.") + content, sha256))
    if not _is_signed(expected, _header(values, "webhook-signature")):
        raise WebhookVerificationError("no signature is that of the secret")
    if not re.fullmatch(r"[0-9]{1,15}", timestamp):
        raise WebhookVerificationError("webhook-timestamp is not a number of seconds")
    age = (time.time() if now is None else now) - int(timestamp)
    if abs(age) > tolerance:
        raise WebhookVerificationError(f"signed {age:.0f} s ago, and the tolerance is {tolerance:.0f} s")
    return _event(content)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True) if secret.startswith("whsec_") else b""
    except ValueError:
        key = b""
    if not 24 <= len(key) <= 64:
        raise InvalidInputError("secret", "invalid_secret", "must be `whsec_` and 24 to 64 bytes in Base64")
    return key


def _header(values: dict[str, str], name: str) -> str:
    try:
        return values[name]
    except KeyError:
        raise WebhookVerificationError(f"{name} is missing") from None


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")  # a surrogate has no bytes, and no signature fits what replaces it


def _is_signed(expected: bytes, signatures: str) -> bool:
    """Whether one of the signatures, which spaces separate, is the expected one. Others have other versions or keys."""
    versions = (signature.partition(",") for signature in signatures.split(" "))
    return any(hmac.compare_digest(expected, _bytes(value)) for version, _, value in versions if version == "v1")


def _event(content: bytes) -> WebhookEvent:
    kind = None
    try:
        event = Json.parse(content)
        kind = event.text("type")
        if kind == "orders.closed":
            return decode.order_closed_event(event)
    except DecodeError as error:
        raise UnknownEventError(f"not an event that this version knows: {error}", kind) from error
    raise UnknownEventError(f"not an event that this version knows: {kind}", kind)
