"""Which requests are repeated, when, and for how long. The responses are written here; no service is needed."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from conftest import Connect
from scripted import Server, Step, broken_response, lost_request, lost_response, respond, silence, trickle

from orders_client import (
    AsyncOrders,
    InvalidResponseError,
    NetworkError,
    Orders,
    OrdersError,
    OrderVersion,
    OverloadedError,
    RequestInProgressError,
    RequestTimeoutError,
    ResponseError,
    Retry,
    StaleVersionError,
)

ID = "018f6b1c-7d3e-7c4a-9b21-0123456789ab"
READ = OrderVersion(ID, 1)
ORDER = {"id": ID, "tenantId": "acme", "status": "draft", "version": 1, "createdAt": "2026-01-31T09:30:00.123456Z"}
CREATED = respond(201, body=json.dumps(ORDER))
CONFLICT = '{"code":"conflict","message":"in progress","details":{"reason":"request_in_progress"}}'
IN_PROGRESS = respond(409, {"Retry-After": "0"}, CONFLICT)


@pytest.mark.parametrize(
    "fault",
    [lost_request, broken_response, silence, IN_PROGRESS, respond(429, body="<h1>slow down</h1>")]
    + [respond(status) for status in (408, 500, 502, 503, 504)],
)
def test_a_transient_failure_is_retried_with_the_same_key_and_body(connect: Connect, fault: Step) -> None:
    with Server(fault, fault, CREATED) as server:
        created = connect(server.url, timeout=0.3).create({"reference": "basket-42"})
    assert (str(created.id), created.status, created.version) == (ID, "draft", 1)
    assert created.created_at == datetime(2026, 1, 31, 9, 30, 0, 123456, UTC)
    assert [got.body for got in server.requests] == [b'{"reference":"basket-42"}'] * 3
    assert len({got.headers["idempotency-key"] for got in server.requests}) == 1


def test_every_create_has_a_key_of_its_own(connect: Connect) -> None:
    with Server(CREATED, CREATED, CREATED) as server:
        orders = connect(server.url)
        orders.create(), orders.create(), orders.create({})
    assert len({got.headers["idempotency-key"] for got in server.requests}) == 3
    assert [got.body for got in server.requests] == [b"", b"", b"{}"]


def test_a_retry_sends_the_original_body_although_the_caller_has_changed_the_object(connect: Connect) -> None:
    body = {"lines": [1]}

    def token() -> str:
        body["lines"].append(2)  # before each attempt
        return "t"

    with Server(lost_request, CREATED) as server:
        connect(server.url, token=token).create(body)
    assert body == {"lines": [1, 2, 2]}
    assert [got.body for got in server.requests] == [b'{"lines":[1]}'] * 2


@pytest.mark.parametrize("status", [301, 400, 404, 413, 501])
def test_a_permanent_error_is_not_retried_and_a_redirect_not_followed(connect: Connect, status: int) -> None:
    with Server(respond(status, {"Location": "/orders", "X-Request-Id": "r"}), CREATED) as server:
        with pytest.raises(ResponseError) as raised:
            connect(server.url).create()
    assert (raised.value.status, raised.value.code, raised.value.request_id) == (status, None, "r")
    assert raised.value.history.may_be_done is False
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (NetworkError, lost_response),
        (OverloadedError, respond(503)),
        (ResponseError, respond(502)),
        (RequestInProgressError, IN_PROGRESS),
    ],
)
def test_after_so_many_attempts_the_last_error_is_raised(
    connect: Connect, kind: type[OrdersError], fault: Step
) -> None:
    with Server(fault, fault, fault, fault) as server:
        with pytest.raises(kind):
            connect(server.url, retry=Retry(attempts=3, first_delay=0.005)).create()
    assert len(server.requests) == 3


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_client_waits_for_retry_after(connect: Connect, form: str) -> None:
    # A date has no fractions of a second.
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    with Server(respond(503, {"Retry-After": "1" if form == "seconds" else date}), CREATED) as server:
        connect(server.url).create()
    assert server.requests[1].at - server.requests[0].at >= 0.8


def test_a_retry_after_beyond_the_limit_ends_the_retries(connect: Connect) -> None:
    with Server(respond(503, {"Retry-After": "60"}), CREATED) as server:
        with pytest.raises(OverloadedError) as raised:
            connect(server.url, deadline=600).create()
    assert raised.value.retry_after == 60
    assert len(server.requests) == 1


@pytest.mark.parametrize("retry_after", ["soon", "-1", "1.5", "9" * 20, "", "Fri, 31 Dec 1999 23:59:59 GMT"])
def test_a_retry_after_that_is_past_or_malformed_is_ignored(connect: Connect, retry_after: str) -> None:
    with Server(respond(503, {"Retry-After": retry_after}), CREATED) as server:
        connect(server.url).create()
    assert len(server.requests) == 2


def test_waits_double_are_jittered_and_have_a_limit() -> None:
    retry = Retry(attempts=10, first_delay=0.1, longest_delay=1)
    overloaded = _received(503)
    assert [retry.wait(overloaded, attempt, 1.0) for attempt in (1, 2, 3, 4, 5, 9)] == [0.1, 0.2, 0.4, 0.8, 1, 1]
    assert retry.wait(overloaded, 4, 0.25) == 0.2
    assert retry.wait(_received(503, retry_after=0.5), 1, 1.0) == 0.6
    assert retry.wait(_received(503, retry_after=1.1), 1, 1.0) is None
    assert retry.wait(overloaded, 10, 1.0) is None
    assert retry.wait(_received(400), 1, 1.0) is None


def _received(status: int, retry_after: float | None = None) -> Any:
    from orders_client._errors import Received

    return Received(status, retry_after=retry_after)


# === time ===


def test_a_response_that_does_not_come_is_a_timeout(connect: Connect) -> None:
    with Server(silence, silence, CREATED) as server:
        with pytest.raises(RequestTimeoutError) as raised:
            connect(server.url, retry=Retry(attempts=2, first_delay=0.005)).get(ID, timeout=0.2)
    assert isinstance(raised.value, TimeoutError) and isinstance(raised.value, NetworkError)
    assert len(server.requests) == 2
    assert 0.4 <= raised.value.history.elapsed < 5


def test_the_timeout_ends_a_response_that_trickles(connect: Connect) -> None:
    with Server(trickle) as server:
        with pytest.raises(RequestTimeoutError, match=r"^no complete response within 0\.3 s"):
            connect(server.url, retry=Retry(attempts=1), timeout=0.3).get(ID)


def test_the_deadline_ends_an_attempt(connect: Connect) -> None:
    with Server(silence, CREATED) as server:
        start = time.monotonic()
        with pytest.raises(RequestTimeoutError):
            connect(server.url).create(deadline=0.3)
    assert 0.3 <= time.monotonic() - start < 5
    assert len(server.requests) == 1


def test_a_wait_beyond_the_deadline_is_not_begun(connect: Connect) -> None:
    with Server(respond(503, {"Retry-After": "5"}), CREATED) as server:
        start = time.monotonic()
        with pytest.raises(OverloadedError):
            connect(server.url, deadline=4).create()
    assert time.monotonic() - start < 3
    assert len(server.requests) == 1


def test_the_deadline_holds_for_all_attempts_together(connect: Connect) -> None:
    with Server(last=respond(503, {"Retry-After": "1"})) as server:
        with pytest.raises(OverloadedError) as raised:
            connect(server.url, retry=Retry(attempts=100, first_delay=0.005)).create(deadline=1.5)
    assert raised.value.history.attempts == len(server.requests) == 2


# === what errors say ===


def test_an_error_says_what_was_tried_and_how_to_repeat_a_create(connect: Connect) -> None:
    with Server(last=lost_response) as server:
        with pytest.raises(NetworkError) as raised:
            orders = connect(f"{server.url}//", retry=Retry(attempts=3, first_delay=0.005))
            orders.create(idempotency_key="basket-42")
    assert str(raised.value).startswith("no complete response: ")
    assert f"(POST {server.url}/orders, 3 attempts in 0." in str(raised.value)
    assert str(raised.value).endswith("the write may have been done: repeat it with the idempotency key basket-42)")
    assert raised.value.__cause__ is not None


def test_an_error_of_a_write_without_a_key_says_that_it_may_have_been_done(connect: Connect) -> None:
    with Server(last=respond(503)) as server:
        orders = connect(server.url, retry=Retry(attempts=1))
        for write in (lambda: orders.confirm(READ, 1), lambda: orders.close(READ)):
            with pytest.raises(OverloadedError, match="1 attempt in .* the write may have been done: read the order"):
                write()
        text = rf"^status 503 .* \(GET {server.url}/orders/{ID}, 1 attempt in 0\.\d s\)$"
        with pytest.raises(OverloadedError, match=text):
            orders.get(ID)


def test_a_write_that_was_never_sent_is_not_said_to_be_done(connect: Connect) -> None:
    with Server() as server:
        pass  # nothing listens there any more
    with pytest.raises(NetworkError) as raised:
        connect(server.url, retry=Retry(attempts=2, first_delay=0.005)).create()
    assert (raised.value.history.attempts, raised.value.history.may_be_done) == (2, False)


@pytest.mark.parametrize("body", ["", "<h1>welcome</h1>", "[]", '{"id":"x"}', json.dumps({**ORDER, "version": True})])
def test_a_success_that_is_not_the_contract_s_is_an_error_and_not_retried(connect: Connect, body: str) -> None:
    with Server(respond(200, body=body), CREATED) as server:
        with pytest.raises(InvalidResponseError) as raised:
            connect(server.url).create()
    assert raised.value.history.may_be_done
    assert len(server.requests) == 1


# === lost writes ===


def _looked_up(version: int, status: str, total_cents: int) -> list[Step]:
    """A confirm whose response is lost, the conflict of its retry, and the order as it is then."""
    conflict = {"code": "conflict", "message": "stale version", "details": {"reason": "stale_version"}}
    order = {**ORDER, "version": version, "status": status, "totalCents": total_cents, "updatedAt": ORDER["createdAt"]}
    return [lost_response, respond(409, body=json.dumps(conflict)), respond(200, body=json.dumps(order))]


def test_a_lost_write_is_recognised_by_version_status_and_total(connect: Connect) -> None:
    with Server(*_looked_up(2, "confirmed", 7)) as server:
        confirmed = connect(server.url).confirm(READ, 7)
    assert (str(confirmed.id), confirmed.version, confirmed.status, confirmed.total_cents) == (ID, 2, "confirmed", 7)
    assert [got.method for got in server.requests] == ["PATCH", "PATCH", "GET"]
    for version, status, total in ((3, "confirmed", 7), (2, "closed", 7), (2, "confirmed", 8)):
        with Server(*_looked_up(version, status, total)) as server:
            with pytest.raises(StaleVersionError) as raised:
                connect(server.url).confirm(READ, 7)
        assert raised.value.history.may_be_done


# === cancellation ===


@pytest.mark.parametrize(
    "call",
    [
        lambda orders: orders.create(),
        lambda orders: orders.get(ID),
        lambda orders: orders.list().to_list(1),
        lambda orders: anext(aiter(orders.list())),
        lambda orders: orders.confirm(READ, 1),
        lambda orders: orders.close(READ),
        lambda orders: orders.update(ID, orders.close),
    ],
)
@pytest.mark.parametrize("moment", ["while it waits for a response", "between attempts"])
def test_a_cancelled_call_ends_at_once(moment: str, call: Callable[[AsyncOrders], Awaitable[object]]) -> None:
    arrived = threading.Event()

    def step(exchange: Any) -> None:
        arrived.set()
        (silence if moment.startswith("while") else respond(503, {"Retry-After": "15"}))(exchange)

    async def cancel(url: str) -> None:
        async with AsyncOrders(url, tenant_id="acme") as orders:
            task = asyncio.ensure_future(call(orders))
            await asyncio.to_thread(arrived.wait)
            if moment == "between attempts":
                await asyncio.sleep(0.1)  # by now the client usually waits; the call must end also if it does not yet
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert task.cancelled()

    with Server(last=step) as server:
        start = time.monotonic()
        asyncio.run(cancel(server.url))
    assert time.monotonic() - start < 10
    assert len(server.requests) == 1


def test_a_timeout_of_the_caller_ends_a_call() -> None:
    async def late(url: str) -> None:
        async with AsyncOrders(url, tenant_id="acme") as orders:
            async with asyncio.timeout(0.2):
                await orders.get(ID)

    with Server(silence) as server:
        with pytest.raises(TimeoutError) as raised:
            asyncio.run(late(server.url))
    assert not isinstance(raised.value, OrdersError)
    assert len(server.requests) == 1


def test_concurrent_calls_share_a_client() -> None:
    async def many(url: str) -> None:
        async with AsyncOrders(url, tenant_id="acme") as orders:
            await asyncio.gather(*(orders.create() for _ in range(20)))

    with Server(last=CREATED) as server:
        asyncio.run(many(server.url))
        with Orders(server.url, tenant_id="acme") as orders:
            threads = [threading.Thread(target=orders.create) for _ in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert len({got.headers["idempotency-key"] for got in server.requests}) == 40
