"""Options of clients and calls, and arguments that are refused before a request is sent."""

import asyncio
import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Connect
from scripted import Server, respond

import orders_client
from orders_client import (
    AsyncOrders,
    InvalidInputError,
    Orders,
    OrdersError,
    OrderVersion,
    RequestTimeoutError,
    Retry,
    StaleVersionError,
    _rules,
)

ID = "018f6b1c-7d3e-7c4a-9b21-0123456789ab"
EMPTY_PAGE = respond(200, body='{"items":[],"nextCursor":null}')
STALE = {
    "code": "conflict",
    "message": "stale version",
    "details": {"reason": "stale_version", "expectedVersion": 1, "currentVersion": 2, "currentStatus": "confirmed"},
}


def test_a_call_may_have_another_tenant_and_token_than_its_client(connect: Connect) -> None:
    with Server(last=EMPTY_PAGE) as server:
        orders = connect(f"{server.url}/", token="a")
        list(orders.list())
        list(orders.list(tenant_id="umbrella", token="b"))
        list(orders.list(token=None))
    assert [(got.headers["x-tenant-id"], got.headers.get("authorization")) for got in server.requests] == [
        ("acme", "Bearer a"),
        ("umbrella", "Bearer b"),
        ("acme", None),
    ]
    assert {got.path for got in server.requests} == {"/orders"}


def test_a_function_gives_each_attempt_its_token(connect: Connect) -> None:
    tokens = ["a", "b"]
    with Server(respond(503), EMPTY_PAGE) as server:
        list(connect(server.url, token=lambda: tokens.pop(0)).list())
    assert [got.headers["authorization"] for got in server.requests] == ["Bearer a", "Bearer b"]


async def _token() -> str:
    await asyncio.sleep(0)
    return "a"


def test_a_token_function_may_be_async_for_asyncio_only() -> None:
    async def get(url: str) -> None:
        async with AsyncOrders(url, tenant_id="acme", token=_token) as orders:
            await orders.list().to_list(1)

    with Server(last=EMPTY_PAGE) as server:
        asyncio.run(get(server.url))
        with Orders(server.url, tenant_id="acme", token=_token) as orders:  # type: ignore[arg-type]
            with pytest.raises(TypeError, match="use AsyncOrders"):
                orders.list().to_list(1)
    assert [got.headers["authorization"] for got in server.requests] == ["Bearer a"]


def test_headers_name_the_client_and_may_be_extended(connect: Connect) -> None:
    with Server(last=EMPTY_PAGE) as server:
        list(connect(server.url).list())
        list(connect(server.url, headers={"User-Agent": "shop", "X-Gateway": "g", "X-Tenant-ID": "b"}).list())
    default, extended = (got.headers for got in server.requests)
    assert default["user-agent"].startswith(f"orders-client/{orders_client.__version__} python/3.")
    assert default["accept"] == "application/json"
    assert (extended["user-agent"], extended["x-gateway"], extended["x-tenant-id"]) == ("shop", "g", "acme")


def test_a_client_of_the_caller_is_used_and_stays_open() -> None:
    with Server(last=EMPTY_PAGE) as server:
        with httpx.Client(headers={"X-Own": "1"}) as http:
            with Orders(server.url, tenant_id="acme", http=http) as orders:
                list(orders.list())
            assert not http.is_closed
    assert server.requests[0].headers["x-own"] == "1"


def test_an_unknown_option_is_a_type_error(connect: Connect) -> None:
    with Server() as server:
        with pytest.raises(TypeError, match="tenant"):
            connect(server.url).get(ID, tenant="acme")  # type: ignore[call-arg]
    assert server.requests == []


def test_members_that_the_contract_does_not_name_are_ignored(connect: Connect) -> None:
    order = {
        "id": ID, "tenantId": "acme", "status": "draft", "version": 1, "totalCents": None,
        "createdAt": "2026-01-31T09:30:00Z", "updatedAt": "2026-01-31T09:30:00.1+01:00", "new": {"x": [1]},
    }  # fmt: skip
    body = json.dumps({"items": [order], "nextCursor": None, "more": 1})
    with Server(respond(200, body=body)) as server:
        [listed] = connect(server.url).list()
    assert (str(listed.id), listed.total_cents) == (ID, None)
    assert (listed.created_at - listed.updated_at).total_seconds() == 3599.9
    with pytest.raises(AttributeError):
        listed.version = 2  # type: ignore[misc]


def test_errors_survive_copies_and_pickles(connect: Connect) -> None:
    with Server(respond(409, body=json.dumps(STALE)), last=lambda exchange: exchange.cut()) as server:
        orders = connect(server.url, retry=Retry(attempts=1))
        errors = [
            _raised(lambda: orders.confirm(OrderVersion(ID, 1), 1)),
            _raised(lambda: orders.get(ID)),
            _raised(lambda: orders.get("x")),
        ]
    errors.append(RequestTimeoutError("late", errors[1].history))
    for error in errors:
        for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    stale = errors[0]
    assert isinstance(stale, StaleVersionError)
    assert (stale.expected_version, stale.current_version, stale.current_status) == (1, 2, "confirmed")


def _raised(call: Callable[[], object]) -> Any:
    with pytest.raises(OrdersError) as raised:
        call()
    return raised.value


# === refused before it is sent ===


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("not_an_object", lambda orders: orders.create([])),
        ("invalid_json", lambda orders: orders.create({"x": float("nan")})),
        ("invalid_json", lambda orders: orders.create({"x": object()})),
        ("invalid_json", lambda orders: orders.create(_nested(100_000))),
        ("invalid_idempotency_key", lambda orders: orders.create({}, idempotency_key="a b")),
        ("invalid_idempotency_key", lambda orders: orders.create({}, idempotency_key="")),
        ("out_of_range", lambda orders: orders.confirm(OrderVersion(ID, 1), 12.5)),
        ("out_of_range", lambda orders: orders.confirm(OrderVersion(ID, 1), True)),
        ("invalid_version", lambda orders: orders.confirm(OrderVersion(ID, 0), 1)),
        ("invalid_order_id", lambda orders: orders.get("../healthz")),
        ("invalid_order_id", lambda orders: orders.close(OrderVersion("", 1))),
        ("out_of_range", lambda orders: list(orders.list(page_size=101))),
        ("out_of_range", lambda orders: orders.list().to_list(-1)),
        ("invalid_cursor", lambda orders: list(orders.list(cursor="a b"))),
        ("invalid_cursor", lambda orders: list(orders.list(cursor=""))),
        ("invalid_tenant_id", lambda orders: orders.get(ID, tenant_id="a b")),
        ("invalid_token", lambda orders: orders.get(ID, token="a\r\nb: c")),
        ("invalid_token", lambda orders: orders.get(ID, token=lambda: None)),
        ("out_of_range", lambda orders: orders.get(ID, timeout=0)),
        ("out_of_range", lambda orders: orders.get(ID, deadline=float("inf"))),
        ("out_of_range", lambda orders: orders.get(ID, deadline=float("nan"))),
    ],
)
def test_refused_before_it_is_sent(connect: Connect, code: str, call: Callable[[Orders], object]) -> None:
    with Server() as server:
        with pytest.raises(InvalidInputError) as raised:
            call(connect(server.url))
    assert isinstance(raised.value, OrdersError) and isinstance(raised.value, ValueError)
    assert raised.value.code == code
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["", "orders", "ftp://a", "http://", "http://u:p@a", "http://a?x", "http://a#x", "http://a:x", "http://a b"]
)
@pytest.mark.parametrize("kind", [Orders, AsyncOrders])
def test_an_address_is_refused_by_the_constructor(kind: type[Orders] | type[AsyncOrders], url: str) -> None:
    with pytest.raises(InvalidInputError, match="^base_url must be"):
        kind(url, tenant_id="acme")
    with pytest.raises(InvalidInputError, match="^tenant_id must be 1 to 128 letters"):
        kind("http://localhost", tenant_id="a b")
    with pytest.raises(InvalidInputError, match="^attempts must be"):
        kind("http://localhost", tenant_id="acme", retry=Retry(attempts=0))


VECTORS = Path(__file__).parents[3] / "core/tests/vectors.json"
CALLS: dict[str, Callable[[Any], object]] = {
    "validateTotalCents": _rules.total_cents,
    "validateLimit": _rules.page_size,
    "validateTenantId": _rules.tenant_id,
    "validateOrderId": _rules.order_id,
    "validateIdempotencyKey": _rules.idempotency_key,
    "etag": _rules.version,
}


def test_the_rules_are_those_of_core() -> None:
    cases = [case for group in json.loads(VECTORS.read_text()) for case in group["cases"] if case["call"] in CALLS]
    assert len(cases) > 40
    for case in cases:
        check = CALLS[case["call"]]
        if "refuses" not in case:
            check(*case["with"])
            continue
        with pytest.raises(InvalidInputError) as raised:
            check(*case["with"])
        code, rule = case["refuses"]
        assert (raised.value.code, raised.value.args[2]) == (code, rule)


def _nested(levels: int) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for _ in range(levels):
        body = {"inner": body}
    return body
