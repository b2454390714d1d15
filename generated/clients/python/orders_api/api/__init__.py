# flake8: noqa

# import apis into api package
from orders_api.api.operations_api import OperationsApi
from orders_api.api.orders_api import OrdersApi

