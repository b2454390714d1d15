"""The client for threads."""

import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Self, TypedDict, TypeVar, Unpack
from uuid import UUID

import httpx

from ._core import Core, Options, Walk, run, settings
from ._models import Order, OrderClosed, OrderConfirmed, OrderCreated, OrderPage, Read
from ._protocol import NoResponse, Request, Response
from ._retry import Retry
from ._transport import LOST, late, lost

T = TypeVar("T")


class CallOptions(TypedDict, total=False):
    """Options of every method of `Orders`. Default: those of the client."""

    tenant_id: str
    """Sent as `X-Tenant-Id`."""
    token: str | Callable[[], str] | None
    """A bearer token, or a function that is called for each attempt and returns a current one."""
    timeout: float
    """Seconds for one attempt."""
    deadline: float
    """Seconds for the call with all its attempts and waits."""


class Orders:
    """The orders of one tenant. Threads may share a client. Use it in a `with` statement, or `disconnect` it.

    Each request is retried while the service is unreachable, overloaded or handling the same request. A retry has no
    second effect. Every method raises `InvalidInputError` before a request is sent, and the other `OrdersError`s after
    the last attempt.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tenant_id: str,
        token: str | Callable[[], str] | None = None,
        timeout: float = 15.0,
        deadline: float = 60.0,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        """`base_url` is the service's address, and the options are those of `CallOptions`.

        `headers` are sent with every request, for example for a gateway. `http` is a client with a proxy or
        certificates of its own; it stays open on `disconnect`.
        """
        options = Options(tenant_id=tenant_id, token=token, timeout=timeout, deadline=deadline)
        checked = settings(base_url, headers, retry, options)
        self._http = httpx.Client() if http is None else http
        self._owns_http = http is None
        self._core = Core(_Transport(self._http), checked)

    def create(
        self,
        body: Mapping[str, object] | None = None,
        *,
        idempotency_key: str | None = None,
        **options: Unpack[CallOptions],
    ) -> OrderCreated:
        """Creates one draft, also if retries are needed. Raises `IdempotencyKeyReusedError`.

        `body` may have any members. `idempotency_key` is 1 to 255 visible ASCII characters; give a key of your own to
        repeat a create after a crash. Default: a new random key, which all attempts of the call send.
        """
        return run(self._core.create(body, idempotency_key, options))

    def get(self, order_id: UUID | str, **options: Unpack[CallOptions]) -> Order:
        """Reads one order. Raises `NotFoundError`."""
        return run(self._core.get(order_id, options))

    def list(
        self, *, page_size: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> "OrderList":
        """All orders, newest first, in pages of `page_size` (1 to 100, default 10), from `cursor` on.

        Each order that existed at the start comes exactly once. The options hold for the request of each page.
        """
        return OrderList(lambda: Walk(self._core, page_size, cursor, options))

    def confirm(self, read: Read, total_cents: int, **options: Unpack[CallOptions]) -> OrderConfirmed:
        """Confirms a draft with its total in cents. Raises `StaleVersionError` if it has changed since it was read."""
        return run(self._core.confirm(read, total_cents, options))

    def close(self, read: Read, **options: Unpack[CallOptions]) -> OrderClosed:
        """Closes a confirmed order. Raises `StaleVersionError` if it has changed since it was read."""
        return run(self._core.close(read, options))

    def update(self, order_id: UUID | str, change: Callable[[Order], T], **options: Unpack[CallOptions]) -> T:
        """Reads the order and calls `change`, which may write it.

        After a `StaleVersionError` it reads the order again and calls `change` with the new copy, up to
        `Retry.attempts` times. The options hold for each read.
        """

        async def changed(order: Order) -> T:
            return change(order)

        return run(self._core.update(order_id, changed, options))

    def disconnect(self) -> None:
        """Closes the connections."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disconnect()


class OrderList:
    """A list of orders. Each iteration starts a new walk, which requests a page when it needs one."""

    def __init__(self, walk: Callable[[], Walk]) -> None:
        self._walk = walk

    def __iter__(self) -> Iterator[Order]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[OrderPage]:
        """The pages. A later walk may start at the `next_cursor` of one."""
        walk = self._walk()
        while (page := run(walk.next_page())) is not None:
            yield page

    def to_list(self, limit: int) -> list[Order]:
        """The first orders, `limit` at most."""
        return run(self._walk().take(limit))


class _Transport:
    """Blocks instead of suspending."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    async def send(self, request: Request, timeout: float) -> Response | NoResponse:
        # httpx has timeouts for parts of a request only: for each wait for bytes, for example.
        end = time.monotonic() + timeout
        try:
            sent = self._http.build_request(
                request.method, request.url, headers=request.headers, content=request.body, timeout=timeout
            )
            response = self._http.send(sent, stream=True, follow_redirects=False)
            try:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if time.monotonic() > end:
                        return late(timeout)
            finally:
                response.close()
        except LOST as error:
            return lost(error)
        return Response(response.status_code, response.headers, bytes(body))

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
