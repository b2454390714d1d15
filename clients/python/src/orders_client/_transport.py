"""What both transports share: they send a request with httpx, and turn what httpx raises into `NoResponse`."""

from typing import Protocol

import httpx

from ._protocol import NoResponse, Request, Response

# What httpx raises if no complete response arrived. Its other errors are a caller's mistakes and stay as they are.
LOST = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
    httpx.DecodingError,
)

# Errors from before the request was sent.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Transport(Protocol):
    """The IO of the core."""

    async def send(self, request: Request, timeout: float) -> Response | NoResponse:
        """Sends a request and reads the response, within so many seconds. Follows no redirects."""
        ...

    async def sleep(self, seconds: float) -> None: ...


def lost(error: httpx.RequestError) -> NoResponse:
    """The outcome of a request that ended with one of `LOST`."""
    reason = "no response in time" if isinstance(error, httpx.TimeoutException) else "no complete response"
    detail = str(error) or type(error).__name__
    is_timeout = isinstance(error, httpx.TimeoutException)
    return NoResponse(f"{reason}: {detail}", not isinstance(error, _UNSENT), is_timeout, error)


def late(timeout: float, cause: TimeoutError | None = None) -> NoResponse:
    """The outcome of a request whose response is not complete after so many seconds."""
    return NoResponse(f"no complete response within {timeout:.1f} s", is_sent=True, is_timeout=True, cause=cause)
