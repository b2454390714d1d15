// Error classes: one for each kind of error response, and one for requests without a response.

import type { ApiError, ErrorCode, ErrorPlace, OrderStatus } from './generated/index.js';

/** Base class of every error of a request. Input that the rules of @orders/core refuse is thrown as their `Refusal` instead, before a request is sent. */
export class OrdersError extends Error {
  override readonly name: string = 'OrdersError';
}

/** No complete response arrived. Whether the service handled the request is unknown. `cause` is the error of `fetch`. */
export class NetworkError extends OrdersError {
  override readonly name: string = 'NetworkError';
}

/** The service, or a proxy in front of it, sent an error response. */
export class ResponseError extends OrdersError {
  override readonly name: string = 'ResponseError';
  /** The HTTP status. */
  readonly status: number;
  /** The service's error code; `undefined` if a proxy sent the response. */
  readonly code: ErrorCode | undefined;
  /** `X-Request-Id`, which the service's log lines carry. */
  readonly requestId: string | undefined;
  /** `Retry-After` in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(response: Received) {
    super(response.error?.message ?? `status ${response.status} without an error of the service`);
    this.status = response.status;
    this.code = response.error?.code;
    this.requestId = response.requestId;
    this.retryAfter = response.retryAfter;
  }
}

/** 400 `invalid_request` or `invalid_cursor`: the request breaks the contract, in a way that @orders/core does not check. */
export class InvalidRequestError extends ResponseError {
  override readonly name = 'InvalidRequestError';
  /** The part of the request: header, path, query or body. */
  readonly in: ErrorPlace | undefined;
  /** The name of the invalid header, parameter or body member. */
  readonly member: string | undefined;

  constructor(response: Received) {
    super(response);
    this.in = response.error?.details?.in;
    this.member = response.error?.details?.name;
  }
}

/** 401 `unauthenticated`: the token is missing, expired or not valid. `message` has the reason. */
export class UnauthenticatedError extends ResponseError {
  override readonly name = 'UnauthenticatedError';
}

/** 403 `forbidden`: the token lacks the scope of the operation, or does not name the tenant. */
export class ForbiddenError extends ResponseError {
  override readonly name = 'ForbiddenError';
}

/** 404: the tenant has no such order. */
export class NotFoundError extends ResponseError {
  override readonly name = 'NotFoundError';
}

/** 409 `idempotency_key_reused`: the key was used with a different body within the hour. */
export class IdempotencyKeyReusedError extends ResponseError {
  override readonly name = 'IdempotencyKeyReusedError';
}

/** 409 `request_in_progress`: another request with this key has not ended. Retried; thrown after the last attempt. */
export class RequestInProgressError extends ResponseError {
  override readonly name = 'RequestInProgressError';
}

/** 503 or 429: the service is overloaded, too slow or shutting down. Retried; thrown after the last attempt. */
export class OverloadedError extends ResponseError {
  override readonly name = 'OverloadedError';
}

/** 409: the order has another version or status than the write needs. */
abstract class ConflictError extends ResponseError {
  /** The order's current version. */
  readonly currentVersion: number | undefined;
  /** The order's current status. */
  readonly currentStatus: OrderStatus | undefined;

  constructor(response: Received) {
    super(response);
    this.currentVersion = response.error?.details?.currentVersion;
    this.currentStatus = response.error?.details?.currentStatus;
  }
}

/** 409 `stale_version`: another client has written the order since it was read. */
export class StaleVersionError extends ConflictError {
  override readonly name = 'StaleVersionError';
  /** The version in `If-Match`. */
  readonly expectedVersion: number | undefined;

  constructor(response: Received) {
    super(response);
    this.expectedVersion = response.error?.details?.expectedVersion;
  }
}

/** 409 `invalid_transition`: the life cycle has no such transition from the order's status. */
export class InvalidTransitionError extends ConflictError {
  override readonly name = 'InvalidTransitionError';
}

/** The parts of an error response that become an error. */
export interface Received {
  status: number;
  error: ApiError | undefined;
  requestId: string | undefined;
  retryAfter: number | undefined;
}

/** The error of a response. Reads its body. */
export async function errorOf(response: Response): Promise<ResponseError> {
  const body: unknown = await response.json().catch(() => undefined);
  const received: Received = {
    status: response.status,
    error: isApiError(body) ? body : undefined,
    requestId: response.headers.get('X-Request-Id') ?? undefined,
    retryAfter: milliseconds(response.headers.get('Retry-After')),
  };
  return new (classOf(received))(received);
}

function classOf({ status, error }: Received): new (response: Received) => ResponseError {
  switch (error?.details?.reason) {
    case 'idempotency_key_reused':
      return IdempotencyKeyReusedError;
    case 'request_in_progress':
      return RequestInProgressError;
    case 'stale_version':
      return StaleVersionError;
    case 'invalid_transition':
      return InvalidTransitionError;
  }
  // By status, because a proxy may have sent the response.
  if (status === 503 || status === 429) return OverloadedError;
  if (status === 401) return UnauthenticatedError;
  if (status === 403) return ForbiddenError;
  if (error?.code === 'not_found') return NotFoundError;
  if (error?.code === 'invalid_request' || error?.code === 'invalid_cursor') return InvalidRequestError;
  return ResponseError;
}

function isApiError(body: unknown): body is ApiError {
  return typeof body === 'object' && body !== null && 'code' in body && 'message' in body;
}

/** `Retry-After` is a number of seconds or a date (RFC 9110 §10.2.3). */
function milliseconds(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const wait = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
