"""Both clients against the service, through a proxy that injects faults."""

from collections.abc import Callable
from uuid import UUID

import pytest
from conftest import Connect, World
from scripted import Exchange, Step, broken_response, lost_request, lost_response, respond

from orders_client import (
    IdempotencyKeyReusedError,
    InvalidRequestError,
    InvalidTransitionError,
    NotFoundError,
    Order,
    OrderVersion,
    Retry,
    StaleVersionError,
)

Start = Callable[..., World]


def test_an_order_goes_from_draft_to_confirmed_to_closed(world: Start) -> None:
    at = world()
    draft = at.orders.create({"reference": "basket-42"})
    assert (draft.status, draft.version, draft.tenant_id) == ("draft", 1, at.tenant)
    confirmed = at.orders.confirm(draft, 1234)
    assert (confirmed.id, confirmed.version) == (draft.id, 2)
    assert (confirmed.status, confirmed.total_cents) == ("confirmed", 1234)
    closed = at.orders.close(confirmed)
    assert (closed.id, closed.status, closed.version) == (draft.id, "closed", 3)
    order = at.orders.get(str(draft.id))
    assert (order.status, order.version, order.total_cents) == ("closed", 3, 1234)
    assert order.created_at == draft.created_at < order.updated_at
    assert [got.headers.get("if-match") for got in at.requests] == [None, '"1"', '"2"', None]


def test_a_confirm_of_a_changed_order_reports_both_versions(world: Start) -> None:
    at = world()
    draft = at.orders.create()
    at.direct.confirm(draft, 1)
    with pytest.raises(StaleVersionError, match=r"^stale version \(PATCH http.*/confirm, 1 attempt in ") as raised:
        at.orders.confirm(draft, 2)
    error = raised.value
    assert (error.expected_version, error.current_version, error.current_status) == (1, 2, "confirmed")
    assert (error.status, error.code, error.request_id is None) == (409, "conflict", False)


def test_an_invalid_transition_is_an_error_of_its_own_class(world: Start) -> None:
    at = world()
    with pytest.raises(InvalidTransitionError) as raised:
        at.orders.close(at.orders.create())
    assert (raised.value.current_version, raised.value.current_status) == (1, "draft")


def test_an_unknown_order_and_one_of_another_tenant_are_not_found(world: Start) -> None:
    at = world()
    with pytest.raises(NotFoundError):
        at.orders.get("018f6b1c-7d3e-7c4a-9b21-0123456789ab")
    draft = at.orders.create()
    with pytest.raises(NotFoundError):
        at.orders.get(draft.id, tenant_id=f"{at.tenant}-2")


def test_what_only_the_service_refuses_names_the_place(world: Start) -> None:
    at = world()
    with pytest.raises(InvalidRequestError) as raised:
        list(at.orders.list(cursor="garbage"))
    assert (raised.value.code, raised.value.place, raised.value.member) == ("invalid_cursor", "query", "cursor")
    with pytest.raises(InvalidRequestError) as raised:
        at.orders.create({"number": 2**53 + 1})
    assert (raised.value.code, raised.value.place) == ("invalid_request", "body")


@pytest.mark.parametrize("fault", [lost_request, lost_response, broken_response, respond(503), respond(502)])
def test_a_fault_does_not_keep_a_create_from_making_one_order(world: Start, fault: Step) -> None:
    at = world(fault, fault)
    created = at.orders.create({"reference": "basket-42"})
    assert len(at.requests) == 3
    assert [order.id for order in at.direct.list()] == [created.id]


@pytest.mark.parametrize("fault", [lost_request, lost_response, broken_response, respond(503), respond(502)])
def test_a_fault_does_not_keep_a_confirm_and_a_close_from_succeeding_once(world: Start, fault: Step) -> None:
    at = world(fault)
    draft = at.direct.create()
    confirmed = at.orders.confirm(draft, 7)
    assert (confirmed.id, confirmed.status, confirmed.version, confirmed.total_cents) == (draft.id, "confirmed", 2, 7)

    at = world(fault)
    confirmed = at.direct.confirm(at.direct.create(), 7)
    closed = at.orders.close(confirmed)
    assert (closed.id, closed.status, closed.version) == (confirmed.id, "closed", 3)
    assert at.direct.get(closed.id).version == 3


@pytest.mark.parametrize("theirs", [2, 1])
def test_a_write_of_another_client_is_not_taken_for_the_own_lost_write(world: Start, theirs: int) -> None:
    def other(exchange: Exchange) -> None:
        confirmed = at.direct.confirm(draft, theirs)
        if theirs == 1:  # the same total, and one version more
            at.direct.close(confirmed)
        exchange.cut()

    at = world(other)
    draft = at.direct.create()
    with pytest.raises(StaleVersionError):
        at.orders.confirm(draft, 1)


def test_a_conflict_without_a_lost_response_is_not_looked_up(world: Start) -> None:
    at = world()
    draft = at.direct.create()
    at.direct.confirm(draft, 1)
    with pytest.raises(StaleVersionError):
        at.orders.confirm(draft, 1)
    assert len(at.requests) == 1


def test_with_a_key_of_the_caller_two_equal_calls_make_one_order(world: Start) -> None:
    orders = world().orders
    created = orders.create({"a": 1}, idempotency_key="basket-42")
    assert orders.create({"a": 1}, idempotency_key="basket-42") == created
    with pytest.raises(IdempotencyKeyReusedError):
        orders.create({"a": 2}, idempotency_key="basket-42")


# === update ===


def test_an_update_calls_change_again_after_a_version_conflict(world: Start) -> None:
    at = world()
    draft = at.direct.create()
    seen: list[str] = []

    def change(order: Order) -> int:
        seen.append(order.status)
        if len(seen) == 1:
            at.direct.confirm(order, 5)  # another client
        return (at.orders.confirm(order, 1) if order.status == "draft" else at.orders.close(order)).version

    assert at.orders.update(draft.id, change) == 3
    assert seen == ["draft", "confirmed"]


def test_an_update_that_always_meets_a_newer_version_fails_with_the_last_conflict(
    connect: Connect, service: str, world: Start
) -> None:
    at = world()
    draft = at.direct.create()
    orders = connect(service, tenant_id=at.tenant, retry=Retry(attempts=3))
    calls: list[UUID] = []

    def change(order: Order) -> None:
        calls.append(order.id)
        orders.confirm(OrderVersion(order.id, order.version + 1), 1)

    with pytest.raises(StaleVersionError):
        orders.update(draft.id, change)
    assert calls == [draft.id] * 3


def test_an_update_raises_other_errors_at_once(world: Start) -> None:
    at = world()
    draft = at.direct.create()
    with pytest.raises(InvalidTransitionError):
        at.orders.update(draft.id, lambda order: at.orders.close(order))
    names: dict[str, int] = {}
    with pytest.raises(KeyError, match="mine"):
        at.orders.update(draft.id, lambda order: names["mine"])
    assert len([got for got in at.requests if got.method == "GET"]) == 2


# === lists ===


@pytest.mark.parametrize("page_size", [1, 3, 7, 100, None])
def test_a_walk_meets_every_order_once_newest_first(world: Start, page_size: int | None) -> None:
    at = world(lost_response)
    made = [at.direct.create().id for _ in range(7)][::-1]
    orders = at.orders.list(page_size=page_size)
    assert [order.id for order in orders] == made
    pages = -(-7 // (page_size or 10))
    assert len(at.requests) == 1 + pages
    walked = list(orders.pages())  # a new walk
    assert [order.id for page in walked for order in page.items] == made
    assert [page.next_cursor is None for page in walked] == [False] * (pages - 1) + [True]


def test_a_walk_starts_at_a_cursor(world: Start) -> None:
    at = world()
    made = [at.direct.create().id for _ in range(5)][::-1]
    first = next(iter(at.orders.list(page_size=2).pages()))
    assert [order.id for order in at.orders.list(page_size=2, cursor=first.next_cursor)] == made[2:]


def test_a_walk_that_is_left_early_requests_no_further_page(world: Start) -> None:
    at = world()
    made = [at.direct.create().id for _ in range(4)][::-1]
    assert next(iter(at.orders.list(page_size=1))).id == made[0]
    assert len(at.requests) == 1
    assert [order.id for order in at.orders.list(page_size=1).to_list(2)] == made[:2]
    assert len(at.requests) == 3
    assert [order.id for order in at.orders.list().to_list(3)] == made[:3]
    assert at.requests[-1].path == "/orders?limit=3"
    assert at.orders.list().to_list(0) == []
    assert len(at.requests) == 4
