"""The life of an order through the client that the contract generates for Python, against the service at ORDERS_URL.

The client is generated: it knows the contract alone.
"""

import os
import unittest
import uuid

from orders_api import ApiClient, Configuration, OrdersApi
from orders_api.exceptions import ApiException, BadRequestException, ConflictException, NotFoundException
from orders_api.models import ApiError, Confirmation, ConflictReason, ErrorCode, OrderStatus


def header(response, name):
    """A header of a response. The generated client does not change the case of header names."""
    return {sent.lower(): value for sent, value in response.headers.items()}[name.lower()]


class Life(unittest.TestCase):
    def setUp(self):
        client = ApiClient(Configuration(host=os.environ["ORDERS_URL"]))
        self.addCleanup(client.rest_client.pool_manager.clear)
        self.orders = OrdersApi(client)
        self.tenant = f"python-{uuid.uuid4()}"

    def test_create_confirm_close_list(self):
        created = self.create("basket-42")
        self.assertEqual((created.status_code, header(created, "ETag")), (201, '"1"'))
        order = created.data
        self.assertEqual((order.tenant_id, order.status, order.version), (self.tenant, OrderStatus.DRAFT, 1))

        confirmed = self.orders.confirm_order_with_http_info(
            self.tenant, header(created, "ETag"), order.id, Confirmation(totalCents=1234)
        )
        self.assertEqual((confirmed.data.status, confirmed.data.total_cents), (OrderStatus.CONFIRMED, 1234))

        closed = self.orders.close_order(self.tenant, order.id, if_match=header(confirmed, "ETag"))
        self.assertEqual((closed.status, closed.version), (OrderStatus.CLOSED, 3))

        [listed] = self.orders.list_orders(self.tenant).items
        self.assertEqual((listed.id, listed.status, listed.version), (order.id, OrderStatus.CLOSED, 3))
        self.assertEqual((listed.total_cents, listed.created_at), (1234, order.created_at))
        self.assertEqual(self.orders.get_order(self.tenant, order.id), listed)

    def test_a_repeated_create_is_the_same_order_byte_for_byte(self):
        first, again = self.create("basket-42", {"lines": [1, 2]}), self.create("basket-42", {"lines": [1.0, 2]})
        self.assertEqual((first.status_code, again.status_code), (201, 200))
        self.assertEqual(first.raw_data, again.raw_data)
        self.assertEqual(header(again, "Idempotent-Replayed"), "true")

    def test_another_body_under_the_same_key_is_a_conflict(self):
        self.create("basket-42", {"lines": [1, 2]})
        error = self.refused(ConflictException, self.create, "basket-42", {"lines": [2, 1]})
        self.assertEqual(error.details.reason, ConflictReason.IDEMPOTENCY_KEY_REUSED)

    def test_a_stale_version_is_a_conflict_that_tells_the_current_one(self):
        order = self.create("basket-42").data
        confirm = self.orders.confirm_order
        confirm(self.tenant, '"1"', order.id, Confirmation(totalCents=1))
        error = self.refused(ConflictException, confirm, self.tenant, '"1"', order.id, Confirmation(totalCents=2))
        self.assertEqual((error.code, error.message), (ErrorCode.CONFLICT, "stale version"))
        details = error.details
        self.assertEqual(details.reason, ConflictReason.STALE_VERSION)
        self.assertEqual((details.expected_version, details.current_version), (1, 2))
        self.assertEqual(details.current_status, OrderStatus.CONFIRMED)

    def test_pages_are_walked_by_cursor(self):
        made = [self.create(f"basket-{i}").data.id for i in range(5)]
        met, cursor = [], None
        while True:
            page = self.orders.list_orders(self.tenant, limit=2, cursor=cursor)
            met += [order.id for order in page.items]
            if (cursor := page.next_cursor) is None:
                break
        self.assertEqual(met, made[::-1])
        error = self.refused(BadRequestException, self.orders.list_orders, self.tenant, cursor="garbage")
        self.assertEqual(error.code, ErrorCode.INVALID_CURSOR)

    def test_another_tenant_sees_nothing(self):
        order = self.create("basket-42").data
        error = self.refused(NotFoundException, self.orders.get_order, f"{self.tenant}-2", order.id)
        self.assertEqual(error.code, ErrorCode.NOT_FOUND)
        self.assertEqual(self.orders.list_orders(f"{self.tenant}-2").items, [])

    def create(self, key, body=None):
        return self.orders.create_order_with_http_info(self.tenant, key, body)

    def refused(self, kind: type[ApiException], call, *arguments, **named) -> ApiError:
        with self.assertRaises(kind) as raised:
            call(*arguments, **named)
        self.assertIsInstance(raised.exception.data, ApiError)
        return raised.exception.data


if __name__ == "__main__":
    unittest.main()
