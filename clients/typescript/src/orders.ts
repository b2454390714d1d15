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

/** Where the service is, and for whom it is asked. */
export interface OrdersOptions {
  /** For example `https://orders.example`. */
  baseUrl: string;
  /** The tenant on whose behalf every call is made. */
  tenantId: string;
  /** Sent with every call, for whatever stands in front of the service. */
  headers?: Record<string, string>;
  retry?: RetryOptions;
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Ends the call, whatever it is doing; it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface CreateOptions extends CallOptions {
  /** Your own key, so that a call may be repeated after a crash. Otherwise every call makes a new one. */
  idempotencyKey?: string;
}

export interface ListOptions extends CallOptions {
  /** How many orders a page holds at most. */
  limit?: number;
  /** `nextCursor` of the page before. */
  cursor?: string;
}

/** An order as far as a write has to know it: which, and the version that was read. */
export interface Read {
  id: string;
  version: number;
}

/**
 * The orders of one tenant.
 *
 * Every call is retried while the service is away, busy or working on the same request, and no retry does anything
 * twice. Input that the service's rules refuse rejects with a `Refusal` of @orders/core before anything is sent.
 */
export class Orders {
  readonly #api: OrdersApi;
  readonly #tenant: string;
  readonly #retry: RetryOptions;

  constructor({ baseUrl, tenantId, headers, retry = {}, fetch }: OrdersOptions) {
    this.#tenant = validateTenantId(tenantId);
    this.#retry = retry;
    this.#api = new OrdersApi(new Configuration({ basePath: baseUrl.replace(/\/+$/, ''), headers, fetchApi: fetch }));
  }

  /** Creates one draft, however often it has to be tried. `body` may have any members. */
  async create(body?: object, { idempotencyKey = newKey(), signal }: CreateOptions = {}): Promise<OrderCreated> {
    validateIdempotencyKey(idempotencyKey);
    const text = body === undefined ? '' : JSON.stringify(body);
    requestFingerprint(text);
    // A copy: were the caller to change the body meanwhile, a retry would be another request under the same key.
    const requestBody = body === undefined ? undefined : JSON.parse(text);
    return this.#call(signal, (xTenantId, init) => this.#api.createOrder({ xTenantId, idempotencyKey, requestBody }, init));
  }

  /** The order as it is now. */
  async get(id: string, { signal }: CallOptions = {}): Promise<Order> {
    validateOrderId(id);
    return this.#call(signal, (xTenantId, init) => this.#api.getOrder({ xTenantId, id }, init));
  }

  /** One page, newest first. */
  async list({ limit, cursor, signal }: ListOptions = {}): Promise<OrderPage> {
    if (limit !== undefined) validateLimit(limit);
    if (cursor !== undefined) decodeCursor(cursor);
    return this.#call(signal, (xTenantId, init) => this.#api.listOrders({ xTenantId, limit, cursor }, init));
  }

  /** Every order, newest first, `limit` at a time: each that was there when the walk began exactly once. */
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

  /** Confirms the draft, unless it has changed since it was read: then `StaleVersionError`. */
  async confirm({ id, version }: Read, totalCents: number, { signal }: CallOptions = {}): Promise<OrderConfirmed> {
    validateOrderId(id);
    const ifMatch = etag(version);
    const confirmation = { totalCents: validateTotalCents(totalCents) };
    return this.#write({ id, version }, 'confirmed', signal, {
      send: (xTenantId, init) => this.#api.confirmOrder({ xTenantId, id, ifMatch, confirmation }, init),
      done: ({ status, version, ...order }) => (order.totalCents === totalCents ? { id, status, version, totalCents } : undefined),
    });
  }

  /** Closes the confirmed order, unless it has changed since it was read: then `StaleVersionError`. */
  async close({ id, version }: Read, { signal }: CallOptions = {}): Promise<OrderClosed> {
    validateOrderId(id);
    const ifMatch = etag(version);
    return this.#write({ id, version }, 'closed', signal, {
      send: (xTenantId, init) => this.#api.closeOrder({ xTenantId, id, ifMatch }, init),
      done: ({ status, version }) => ({ id, status, version }),
    });
  }

  /**
   * Reads the order and hands it to `change`, which writes it; again with a fresh copy whenever somebody else was
   * faster. `change` decides anew each time, and may decide to do nothing.
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
   * A write whose answer was lost may have happened, and a retry then meets its own work as a conflict. The order tells:
   * it stands one version on, where the write leads, with what the write says.
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
  /** What the write would have answered, if this order is its work. */
  done: (order: Order) => T | undefined;
}

/** 128 random bits. Not `crypto.randomUUID`, which pages without TLS do not have. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
