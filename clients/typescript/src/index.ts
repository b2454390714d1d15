export * from './errors.js';
export { Orders, type CallOptions, type CreateOptions, type ListOptions, type OrdersOptions, type Read } from './orders.js';
export type { RetryOptions } from './retry.js';
export type { Order, OrderClosed, OrderConfirmed, OrderCreated, OrderPage, OrderStatus } from './generated/index.js';
