export * from './errors.js';
export { Orders, type CallOptions, type CreateOptions, type ListOptions, type OrdersOptions, type Read } from './orders.js';
export type { RetryOptions } from './retry.js';
export {
  UnknownEventError,
  verifyWebhook,
  WebhookVerificationError,
  type WebhookEvent,
  type WebhookHeaders,
  type WebhookOptions,
} from './webhooks.js';
export type { Order, OrderClosed, OrderClosedData, OrderClosedEvent, OrderConfirmed, OrderCreated, OrderPage, OrderStatus } from './generated/index.js';
