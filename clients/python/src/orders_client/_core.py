"""The calls of both clients, written once.

Everything here is `async`, and waits for nothing but its `Transport`. The transport of `AsyncOrders` suspends, as
usual. That of `Orders` blocks and never suspends, so that `run` can take a call from its start to its end.
"""

import dataclasses
import random
import secrets
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import isawaitable
from time import monotonic
from typing import Any, TypeVar, cast
from uuid import UUID

from . import _decode as decode
from . import _protocol as protocol
from . import _rules
from ._errors import ConflictError, History, InvalidResponseError, InvalidTransitionError, Received, StaleVersionError
from ._json import DecodeError, Json
from ._models import (
    Order,
    OrderClosed,
    OrderConfirmed,
    OrderCreated,
    OrderPage,
    OrderStatus,
    Read,
)
from ._protocol import Request, Response
from ._retry import Retry, may_be_done
from ._transport import Transport
from ._version import __version__

T = TypeVar("T")

USER_AGENT = f"orders-client/{__version__} python/{sys.version_info.major}.{sys.version_info.minor}"

Token = str | Callable[[], str | Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a client, and of a call. Raises `InvalidInputError`."""

    tenant_id: str
    token: Token | None
    timeout: float
    deadline: float

    def __post_init__(self) -> None:
        _rules.tenant_id(self.tenant_id)
        _rules.seconds(self.timeout, "timeout")
        _rules.seconds(self.deadline, "deadline")

    def with_changes(self, changes: Mapping[str, object]) -> "Options":
        """These options with those of one call. Raises `TypeError` for an unknown one."""
        return dataclasses.replace(self, **cast(dict[str, Any], changes)) if changes else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What all calls of a client share."""

    base_url: str
    headers: Mapping[str, str]
    retry: Retry
    options: Options


class Core:
    """The orders of one tenant."""

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self._transport = transport
        self._settings = settings

    async def create(
        self, body: Mapping[str, object] | None, idempotency_key: str | None, changes: Mapping[str, object]
    ) -> OrderCreated:
        key = secrets.token_hex(16) if idempotency_key is None else idempotency_key
        return await self._call(changes).send(protocol.create_order(body, key), decode.order_created)

    async def get(self, order_id: UUID | str, changes: Mapping[str, object]) -> Order:
        return await self._call(changes).send(protocol.get_order(order_id), decode.order)

    async def page(self, page_size: int | None, cursor: str | None, changes: Mapping[str, object]) -> OrderPage:
        return await self._call(changes).send(protocol.list_orders(page_size, cursor), decode.order_page)

    async def confirm(self, read: Read, total_cents: int, changes: Mapping[str, object]) -> OrderConfirmed:
        call = self._call(changes)
        try:
            return await call.send(protocol.confirm_order(read, total_cents), decode.order_confirmed)
        except (StaleVersionError, InvalidTransitionError) as conflict:
            order = await _own_write(call, read, "confirmed", conflict)
            if order.total_cents != total_cents:
                raise
            return OrderConfirmed(order.id, order.status, order.version, total_cents)

    async def close(self, read: Read, changes: Mapping[str, object]) -> OrderClosed:
        call = self._call(changes)
        try:
            return await call.send(protocol.close_order(read), decode.order_closed)
        except (StaleVersionError, InvalidTransitionError) as conflict:
            order = await _own_write(call, read, "closed", conflict)
            return OrderClosed(order.id, order.status, order.version)

    async def update(
        self, order_id: UUID | str, change: Callable[[Order], Awaitable[T]], changes: Mapping[str, object]
    ) -> T:
        attempt = 0
        while True:
            attempt += 1
            order = await self.get(order_id, changes)
            try:
                return await change(order)
            except StaleVersionError:
                if attempt >= self._settings.retry.attempts:
                    raise

    def _call(self, changes: Mapping[str, object]) -> "_Call":
        return _Call(self._transport, self._settings, self._settings.options.with_changes(changes))


async def _own_write(call: "_Call", read: Read, to: OrderStatus, conflict: ConflictError) -> Order:
    """A write whose response was lost may have taken effect; its retry then gets a conflict.

    The order shows whether the write was this one: its version is one higher, and its status is that of the write.
    Raises the conflict if it was another client's.
    """
    if not conflict.history.may_be_done:
        raise conflict
    order = await call.send(protocol.get_order(read.id), decode.order)
    if order.version != read.version + 1 or order.status != to:
        raise conflict
    return order


class _Call:
    """One call of a method. Its requests share its options and its deadline."""

    def __init__(self, transport: Transport, settings: Settings, options: Options) -> None:
        self._transport = transport
        self._settings = settings
        self._options = options
        self._start = monotonic()

    async def send(self, request: Request, read: Callable[[Json], T]) -> T:
        """Repeats a request until it succeeds, fails permanently, has no attempts left, or no time."""
        url = self._settings.base_url + request.url
        history = History(request.method, url, 0, 0.0, idempotency_key=request.idempotency_key)
        while True:
            sent = dataclasses.replace(request, url=url, headers=await self._headers(request))
            timeout = min(self._options.timeout, max(self._left(), 0.001))  # a token may have taken all of it
            response = await self._transport.send(sent, timeout)
            history = dataclasses.replace(history, attempts=history.attempts + 1, elapsed=monotonic() - self._start)
            if isinstance(response, Response) and response.is_success:
                return _decode(request, response, history, read)
            outcome = protocol.received(response, datetime.now(UTC)) if isinstance(response, Response) else response
            if request.is_write and may_be_done(outcome):
                history = dataclasses.replace(history, may_be_done=True)
            wait = self._settings.retry.wait(outcome, history.attempts, random.random())
            if wait is None or wait >= self._left():
                cause = None if isinstance(outcome, Received) else outcome.cause
                raise protocol.error_of(outcome, history) from cause
            await self._transport.sleep(wait)

    async def _headers(self, request: Request) -> dict[str, str]:
        headers = {**self._settings.headers, "x-tenant-id": self._options.tenant_id, **request.headers}
        token = self._options.token
        if token is not None:
            given = token() if callable(token) else token
            headers["authorization"] = f"Bearer {_rules.token(await given if isawaitable(given) else given)}"
        return headers

    def _left(self) -> float:
        """Seconds until the deadline."""
        return self._options.deadline - (monotonic() - self._start)


def _decode(request: Request, response: Response, history: History, read: Callable[[Json], T]) -> T:
    try:
        return read(Json.parse(response.body))
    except DecodeError as error:
        history = dataclasses.replace(history, may_be_done=request.is_write)
        received = Received(response.status, request_id=response.headers.get("x-request-id"))
        reason = f"status {response.status} with a body that is not the contract's: {error}"
        raise InvalidResponseError(reason, history, received) from error


class Walk:
    """The pages of a list, one after the other."""

    def __init__(self, core: Core, page_size: int | None, cursor: str | None, changes: Mapping[str, object]) -> None:
        self._core = core
        self._page_size = page_size
        self._cursor = cursor
        self._changes = changes
        self._is_over = False

    async def next_page(self) -> OrderPage | None:
        """The next page, or `None` after the last one."""
        if self._is_over:
            return None
        page = await self._core.page(self._page_size, self._cursor, self._changes)
        self._cursor = page.next_cursor
        self._is_over = page.next_cursor is None
        return page

    async def take(self, limit: int) -> list[Order]:
        """The next orders, `limit` at most."""
        _rules.limit(limit)
        self._page_size = self._page_size or min(max(limit, 1), _rules.LARGEST_PAGE)
        orders: list[Order] = []
        while len(orders) < limit and (page := await self.next_page()) is not None:
            orders += page.items[: limit - len(orders)]
        return orders


def settings(base_url: str, headers: Mapping[str, str] | None, retry: Retry | None, options: Options) -> Settings:
    """The settings of a client from the arguments of its constructor."""
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return Settings(
        base_url=_rules.base_url(base_url),
        headers={"accept": "application/json", "user-agent": USER_AGENT, **lower},
        retry=retry or Retry(),
        options=options,
    )


def run(call: Coroutine[Any, Any, T]) -> T:
    """Runs a call whose transport blocks, and which therefore never suspends."""
    try:
        call.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    call.close()
    raise TypeError("a token function of Orders must not wait for anything: use AsyncOrders")
