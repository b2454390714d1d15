import {
  decodeCursor,
  etag,
  requestFingerprint,
  validateIdempotencyKey,
  validateLimit,
  validateOrderId,
  validateTenantId,
  validateTotalCents,
} from '@orders/core';
import { InvalidTransitionError, StaleVersionError } from './errors.js';
import {
  Configuration,
  OrdersApi,
  type Order,
  type OrderClosed,
  type OrderConfirmed,
  type OrderCreated,
  type OrderPage,
  type OrderStatus,
} from './generated/index.js';
import { retrying, type RetryOptions } from './retry.js';

/** Options of a client. */
export interface OrdersOptions {
  /** The service's address, for example `https://orders.example`. */
  baseUrl: string;
  /** Sent as `X-Tenant-Id` with every request. */
  tenantId: string;
  /** Bearer token of a service with `--auth jwt`, or a function that is called for each attempt and returns a current one. */
  token?: string | (() => string | Promise<string>);
  /** Headers sent with every request, for example for a gateway. */
  headers?: Record<string, string>;
  /** Attempts, delays and timeouts of every request. */
  retry?: RetryOptions;
  /** Default: the global `fetch`. */
  fetch?: typeof fetch;
}

/** Options of every method. */
export interface CallOptions {
  /** Aborts the request and its retries. The promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of `create`. */
export interface CreateOptions extends CallOptions {
  /** 1 to 255 visible ASCII characters. Give a key of your own to repeat a create after a crash. Default: a new random key. */
  idempotencyKey?: string;
}

/** Options of `list`. */
export interface ListOptions extends CallOptions {
  /** Orders in a page, at most: 1 to 100. Default 10. */
  limit?: number;
  /** `nextCursor` of the previous page. Default: the first page. */
  cursor?: string;
}

/** The order that a write changes: its id, and the version that was read. */
export interface Read {
  id: string;
  version: number;
}

/**
 * The orders of one tenant.
 *
 * Each request is retried while the service is unreachable, overloaded or handling the same request. A retry has no
 * second effect. Input that the rules refuse rejects with a `Refusal` of @orders/core before a request is sent. After the
 * last attempt a method rejects with `NetworkError`, `OverloadedError`, `RequestInProgressError` or another `ResponseError`.
 */
export class Orders {
  readonly #api: OrdersApi;
  readonly #tenant: string;
  readonly #retry: RetryOptions;

  constructor({ baseUrl, tenantId, token, headers, retry = {}, fetch }: OrdersOptions) {
    this.#tenant = validateTenantId(tenantId);
    this.#retry = retry;
    const basePath = baseUrl.replace(/\/+$/, '');
    this.#api = new OrdersApi(new Configuration({ basePath, headers, fetchApi: fetch, accessToken: token }));
  }

  /** Creates one draft, also if retries are needed. `body` may have any members. Rejects with `IdempotencyKeyReusedError`. */
  async create(body?: object, { idempotencyKey = newKey(), signal }: CreateOptions = {}): Promise<OrderCreated> {
    validateIdempotencyKey(idempotencyKey);
    const text = body === undefined ? '' : JSON.stringify(body);
    requestFingerprint(text);
    // A copy: a retry must send the same body, also if the caller changes its object in between.
    const requestBody = body === undefined ? undefined : JSON.parse(text);
    return this.#call(signal, (xTenantId, init) => this.#api.createOrder({ xTenantId, idempotencyKey, requestBody }, init));
  }

  /** Reads one order. Rejects with `NotFoundError`. */
  async get(id: string, { signal }: CallOptions = {}): Promise<Order> {
    validateOrderId(id);
    return this.#call(signal, (xTenantId, init) => this.#api.getOrder({ xTenantId, id }, init));
  }

  /** Reads one page of orders, newest first. `nextCursor` is `null` on the last page. */
  async list({ limit, cursor, signal }: ListOptions = {}): Promise<OrderPage> {
    if (limit !== undefined) validateLimit(limit);
    if (cursor !== undefined) decodeCursor(cursor);
    return this.#call(signal, (xTenantId, init) => this.#api.listOrders({ xTenantId, limit, cursor }, init));
  }

  /** Iterates over all orders, newest first, in pages of `limit`. Yields each order that existed at the start exactly once. */
  async *all({ limit, signal }: Omit<ListOptions, 'cursor'> = {}): AsyncGenerator<Order, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ limit, cursor, signal });
      for (const order of page.items) {
        signal?.throwIfAborted();
        yield order;
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** Confirms a draft with its total in cents. Rejects with `StaleVersionError` if the order has changed since it was read. */
  async confirm({ id, version }: Read, totalCents: number, { signal }: CallOptions = {}): Promise<OrderConfirmed> {
    validateOrderId(id);
    const ifMatch = etag(version);
    const confirmation = { totalCents: validateTotalCents(totalCents) };
    return this.#write({ id, version }, 'confirmed', signal, {
      send: (xTenantId, init) => this.#api.confirmOrder({ xTenantId, id, ifMatch, confirmation }, init),
      done: ({ status, version, ...order }) => (order.totalCents === totalCents ? { id, status, version, totalCents } : undefined),
    });
  }

  /** Closes a confirmed order. Rejects with `StaleVersionError` if the order has changed since it was read. */
  async close({ id, version }: Read, { signal }: CallOptions = {}): Promise<OrderClosed> {
    validateOrderId(id);
    const ifMatch = etag(version);
    return this.#write({ id, version }, 'closed', signal, {
      send: (xTenantId, init) => this.#api.closeOrder({ xTenantId, id, ifMatch }, init),
      done: ({ status, version }) => ({ id, status, version }),
    });
  }

  /**
   * Reads the order and calls `change`, which may write it. After a `StaleVersionError` it reads the order again and
   * calls `change` with the new copy, up to `retry.attempts` times.
   */
  async update<T>(id: string, change: (order: Order) => T | Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    for (let left = this.#retry.attempts ?? 5; ; left--) {
      const order = await this.get(id, { signal });
      try {
        return await change(order);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof StaleVersionError) || left <= 1) throw error;
      }
    }
  }

  /**
   * A write whose response was lost may have taken effect; its retry then gets a conflict. The order shows whether the
   * write was this one: its version is one higher, and its status and total are those of the write.
   */
  async #write<T>(read: Read, to: OrderStatus, signal: AbortSignal | undefined, write: Write<T>): Promise<T> {
    let mayBeDone = false;
    try {
      return await this.#call(signal, (xTenantId, init, attempt) => {
        mayBeDone = attempt.mayBeDone;
        return write.send(xTenantId, init);
      });
    } catch (error) {
      const conflict = error instanceof StaleVersionError || error instanceof InvalidTransitionError;
      if (!mayBeDone || !conflict) throw error;
      const order = await this.get(read.id, { signal });
      const stands = order.version === read.version + 1 && order.status === to;
      const done = stands ? write.done(order) : undefined;
      if (done === undefined) throw error;
      return done;
    }
  }

  #call<T>(signal: AbortSignal | undefined, send: Send<T>): Promise<T> {
    return retrying(this.#retry, signal, (attempt) => send(this.#tenant, { signal: attempt.signal }, attempt));
  }
}

type Send<T> = (tenantId: string, init: RequestInit, attempt: { mayBeDone: boolean }) => Promise<T>;

interface Write<T> {
  send: (tenantId: string, init: RequestInit) => Promise<T>;
  /** The result of the write, if this order is the result; else `undefined`. */
  done: (order: Order) => T | undefined;
}

/** 128 random bits. `crypto.randomUUID` does not exist in pages without TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
