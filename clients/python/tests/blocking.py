"""`AsyncOrders` with the interface of `Orders`, so that one test tries both."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, TypeVar

from orders_client import AsyncOrderList, AsyncOrders, Order, OrderPage

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def close(self) -> None:
        self.run(self._loop.shutdown_asyncgens())
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Blocking:
    def __init__(self, loop: Loop, orders: AsyncOrders) -> None:
        self._loop = loop
        self._orders = orders

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._orders, name)
        return lambda *arguments, **named: self._loop.run(method(*arguments, **named))

    def update(self, order_id: object, change: Callable[[Order], T], **options: Any) -> T:
        async def changed(order: Order) -> T:
            return await asyncio.to_thread(change, order)

        return self._loop.run(self._orders.update(order_id, changed, **options))  # type: ignore[arg-type]

    def list(self, **options: Any) -> "BlockingList":
        return BlockingList(self._loop, self._orders.list(**options))


class BlockingList:
    def __init__(self, loop: Loop, orders: AsyncOrderList) -> None:
        self._loop = loop
        self._orders = orders

    def __iter__(self) -> Iterator[Order]:
        return self._each(aiter(self._orders))

    def pages(self) -> Iterator[OrderPage]:
        return self._each(self._orders.pages())

    def to_list(self, limit: int) -> list[Order]:
        return self._loop.run(self._orders.to_list(limit))

    def _each(self, items: AsyncIterator[T]) -> Iterator[T]:
        async def step() -> T | None:
            return await anext(items, None)

        while (item := self._loop.run(step())) is not None:
            yield item
