import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any, cast

import pytest
from blocking import Blocking, Loop
from scripted import Server, Step, passed

from orders_client import AsyncOrders, Orders, Retry

Connect = Callable[..., Orders]

_tenants = count()


@pytest.fixture(params=["Orders", "AsyncOrders"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes clients of either kind, with the interface of `Orders`. They retry fast unless a test says otherwise."""
    with ExitStack() as opened:

        def sync(url: str, **options: Any) -> Orders:
            return opened.enter_context(Orders(url, **_defaults(options)))

        def blocking(url: str, **options: Any) -> Orders:
            orders = Blocking(loop, AsyncOrders(url, **_defaults(options)))
            opened.callback(orders.disconnect)
            return cast(Orders, orders)

        if request.param == "Orders":
            yield sync
        else:
            loop = Loop()
            opened.callback(loop.close)
            yield blocking


def _defaults(options: dict[str, Any]) -> dict[str, Any]:
    return {"tenant_id": "acme", "retry": Retry(first_delay=0.005), **options}


class World:
    """A new tenant: `orders` goes through a proxy that injects faults, and `direct` does not."""

    def __init__(self, connect: Connect, service: str, proxy: Server) -> None:
        self.tenant = f"python-{os.getpid()}-{next(_tenants)}"
        self.requests = proxy.requests
        self.orders = connect(proxy.url, tenant_id=self.tenant)
        self.direct = connect(service, tenant_id=self.tenant)


@pytest.fixture(scope="session")
def service() -> str:
    """The address of the service that clients/testing/with-service.js has started."""
    return os.environ["ORDERS_URL"]


@pytest.fixture
def world(connect: Connect, service: str) -> Iterator[Callable[..., World]]:
    with ExitStack() as opened:

        def start(*steps: Step) -> World:
            return World(connect, service, opened.enter_context(Server(*steps, upstream=service, last=passed)))

        yield start
