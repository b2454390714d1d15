"""The rules of single values, as the contract has them. A value that breaks one is refused before a request is sent."""

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from ._errors import InvalidInputError

LARGEST_PAGE = 100

_TENANT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_IDEMPOTENCY_KEY = re.compile(r'[!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}"')
_ORDER_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,256}")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1
_INT_MAX = 2**31 - 1
_LONGEST_TIME = 86_400.0


def tenant_id(value: str) -> str:
    allowed = "1 to 128 letters, digits or . _ : - and start with a letter or digit"
    return _match(_TENANT_ID, value, "tenant_id", "invalid_tenant_id", allowed)


def idempotency_key(value: str) -> str:
    allowed = "1 to 255 visible ASCII characters, bare or as a quoted string"
    return _match(_IDEMPOTENCY_KEY, value, "idempotency_key", "invalid_idempotency_key", allowed)


def order_id(value: UUID | str) -> str:
    return _match(_ORDER_ID, str(value), "id", "invalid_order_id", "a UUID in its hyphenated form")


def cursor(value: str) -> str:
    return _match(_CURSOR, value, "cursor", "invalid_cursor", "the next_cursor of an earlier page")


def token(value: str) -> str:
    return _match(_TOKEN, value, "token", "invalid_token", "a bearer token of RFC 6750 §2.1")


def version(value: int) -> int:
    return _integer(value, "version", "invalid_version", 1, _INT_MAX)


def total_cents(value: int) -> int:
    return _integer(value, "total_cents", "out_of_range", 0, _INT_MAX)


def page_size(value: int) -> int:
    return _integer(value, "page_size", "out_of_range", 1, LARGEST_PAGE)


def limit(value: int) -> int:
    return _integer(value, "limit", "out_of_range", 0, _INT_MAX)


def attempts(value: int) -> int:
    return _integer(value, "attempts", "out_of_range", 1, 100)


def seconds(value: float, name: str) -> float:
    """A time of more than 0 s and at most a day."""
    is_time = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_time or not 0 < value <= _LONGEST_TIME:
        raise InvalidInputError(name, "out_of_range", f"must be more than 0 and at most {_LONGEST_TIME:.0f} seconds")
    return float(value)


def json_object(body: Mapping[str, object]) -> bytes:
    """The body as JSON text."""
    if not isinstance(body, Mapping):
        raise InvalidInputError("body", "not_an_object", "must be a JSON object")
    try:
        return json.dumps(dict(body), separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError("body", "invalid_json", f"must be valid JSON: {error}") from error


def base_url(value: str) -> str:
    """The address without the slashes at its end. A user or a password in it would stand in error messages."""
    try:
        url = urlsplit(value)
        is_address = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_address = False
    if not is_address or any(part in value for part in "@?#") or not value.isprintable() or " " in value:
        allowed = "must be an http:// or https:// address without user, query and fragment"
        raise InvalidInputError("base_url", "invalid_base_url", allowed)
    return value.rstrip("/")


def _match(pattern: re.Pattern[str], value: str, name: str, code: str, allowed: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidInputError(name, code, f"must be {allowed}")
    return value


def _integer(value: int, name: str, code: str, least: int, most: int) -> int:
    # True is an int to Python. A float such as 12.0 is refused: money in floats is a mistake elsewhere.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidInputError(name, code, f"must be an integer from {least} to {most}")
    return value
