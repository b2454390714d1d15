"""The client for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self, TypedDict, TypeVar, Unpack
from uuid import UUID

import httpx

from ._core import Core, Options, Walk, settings
from ._models import Order, OrderClosed, OrderConfirmed, OrderCreated, OrderPage, Read
from ._protocol import NoResponse, Request, Response
from ._retry import Retry
from ._transport import LOST, late, lost

T = TypeVar("T")


class AsyncCallOptions(TypedDict, total=False):
    """Options of every method of `AsyncOrders`. Default: those of the client."""

    tenant_id: str
    """Sent as `X-Tenant-Id`."""
    token: str | Callable[[], str | Awaitable[str]] | None
    """A bearer token, or a function that is called for each attempt and returns a current one."""
    timeout: float
    """Seconds for one attempt."""
    deadline: float
    """Seconds for the call with all its attempts and waits."""


class AsyncOrders:
    """`Orders` for asyncio. Tasks of one event loop may share a client. Use it in an `async with` statement.

    A call that is cancelled, also by `asyncio.timeout`, ends at once. Whether its write has taken effect is then
    unknown.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tenant_id: str,
        token: str | Callable[[], str | Awaitable[str]] | None = None,
        timeout: float = 15.0,
        deadline: float = 60.0,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """As for `Orders`."""
        options = Options(tenant_id=tenant_id, token=token, timeout=timeout, deadline=deadline)
        checked = settings(base_url, headers, retry, options)
        self._http = httpx.AsyncClient() if http is None else http
        self._owns_http = http is None
        self._core = Core(_Transport(self._http), checked)

    async def create(
        self,
        body: Mapping[str, object] | None = None,
        *,
        idempotency_key: str | None = None,
        **options: Unpack[AsyncCallOptions],
    ) -> OrderCreated:
        """As `Orders.create`."""
        return await self._core.create(body, idempotency_key, options)

    async def get(self, order_id: UUID | str, **options: Unpack[AsyncCallOptions]) -> Order:
        """As `Orders.get`."""
        return await self._core.get(order_id, options)

    def list(
        self, *, page_size: int | None = None, cursor: str | None = None, **options: Unpack[AsyncCallOptions]
    ) -> "AsyncOrderList":
        """As `Orders.list`, for `async for`."""
        return AsyncOrderList(lambda: Walk(self._core, page_size, cursor, options))

    async def confirm(self, read: Read, total_cents: int, **options: Unpack[AsyncCallOptions]) -> OrderConfirmed:
        """As `Orders.confirm`."""
        return await self._core.confirm(read, total_cents, options)

    async def close(self, read: Read, **options: Unpack[AsyncCallOptions]) -> OrderClosed:
        """As `Orders.close`."""
        return await self._core.close(read, options)

    async def update(
        self, order_id: UUID | str, change: Callable[[Order], Awaitable[T]], **options: Unpack[AsyncCallOptions]
    ) -> T:
        """As `Orders.update`."""
        return await self._core.update(order_id, change, options)

    async def disconnect(self) -> None:
        """Closes the connections."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()


class AsyncOrderList:
    """`OrderList` for asyncio."""

    def __init__(self, walk: Callable[[], Walk]) -> None:
        self._walk = walk

    async def __aiter__(self) -> AsyncIterator[Order]:
        async for page in self.pages():
            for order in page.items:
                yield order

    async def pages(self) -> AsyncIterator[OrderPage]:
        """The pages. A later walk may start at the `next_cursor` of one."""
        walk = self._walk()
        while (page := await walk.next_page()) is not None:
            yield page

    async def to_list(self, limit: int) -> list[Order]:
        """The first orders, `limit` at most."""
        return await self._walk().take(limit)


class _Transport:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def send(self, request: Request, timeout: float) -> Response | NoResponse:
        try:
            sent = self._http.build_request(
                request.method, request.url, headers=request.headers, content=request.body, timeout=timeout
            )
            # httpx has timeouts for parts of a request only: for each wait for bytes, for example.
            async with asyncio.timeout(timeout):
                response = await self._http.send(sent, follow_redirects=False)
        except LOST as error:
            return lost(error)
        except TimeoutError as error:
            return late(timeout, error)
        return Response(response.status_code, response.headers, response.content)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
