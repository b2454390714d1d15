// What the service refuses, as classes; and what never reached it.

import type { ApiError, ErrorCode, ErrorPlace, OrderStatus } from './generated/index.js';

/** Every error of a call. Input that the rules refuse never becomes a call: it is thrown as a `Refusal` of @orders/core. */
export class OrdersError extends Error {
  override readonly name: string = 'OrdersError';
}

/** No whole answer arrived: whether the service did what it was asked for is unknown. `cause` says why. */
export class NetworkError extends OrdersError {
  override readonly name: string = 'NetworkError';
}

/** The service, or something in front of it, answered with an error. */
export class ResponseError extends OrdersError {
  override readonly name: string = 'ResponseError';
  /** The status of the answer. */
  readonly status: number;
  /** What the service calls the error; `undefined` if the answer is not the service's. */
  readonly code: ErrorCode | undefined;
  /** Quote it when you ask about a request. */
  readonly requestId: string | undefined;
  /** After how many milliseconds the service wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(answer: Answer) {
    super(answer.error?.message ?? `status ${answer.status} and no error of the service`);
    this.status = answer.status;
    this.code = answer.error?.code;
    this.requestId = answer.requestId;
    this.retryAfter = answer.retryAfter;
  }
}

/** The request is malformed in a way that the rules of @orders/core do not know of. */
export class InvalidRequestError extends ResponseError {
  override readonly name = 'InvalidRequestError';
  /** Where in the request. */
  readonly in: ErrorPlace | undefined;
  /** The offending header, parameter or member. */
  readonly member: string | undefined;

  constructor(answer: Answer) {
    super(answer);
    this.in = answer.error?.details?.in;
    this.member = answer.error?.details?.name;
  }
}

/** The tenant has no such order. */
export class NotFoundError extends ResponseError {
  override readonly name = 'NotFoundError';
}

/** The key was used with another body within the hour. */
export class IdempotencyKeyReusedError extends ResponseError {
  override readonly name = 'IdempotencyKeyReusedError';
}

/** Another call with this key has not finished yet. Retried; you see it when it never finishes. */
export class RequestInProgressError extends ResponseError {
  override readonly name = 'RequestInProgressError';
}

/** Too busy, too slow, or away. Retried; you see it when that lasts. */
export class OverloadedError extends ResponseError {
  override readonly name = 'OverloadedError';
}

/** The order stands elsewhere than the caller thought. */
abstract class ConflictError extends ResponseError {
  /** The version the order has now. */
  readonly currentVersion: number | undefined;
  /** Where the order stands now. */
  readonly currentStatus: OrderStatus | undefined;

  constructor(answer: Answer) {
    super(answer);
    this.currentVersion = answer.error?.details?.currentVersion;
    this.currentStatus = answer.error?.details?.currentStatus;
  }
}

/** Somebody else wrote the order since you read it. */
export class StaleVersionError extends ConflictError {
  override readonly name = 'StaleVersionError';
  /** The version you read. */
  readonly expectedVersion: number | undefined;

  constructor(answer: Answer) {
    super(answer);
    this.expectedVersion = answer.error?.details?.expectedVersion;
  }
}

/** The order's life has no such step from where it stands. */
export class InvalidTransitionError extends ConflictError {
  override readonly name = 'InvalidTransitionError';
}

/** What is left of an answer once it is read. */
export interface Answer {
  status: number;
  error: ApiError | undefined;
  requestId: string | undefined;
  retryAfter: number | undefined;
}

/** The error that an answer is. Reads its body. */
export async function errorOf(response: Response): Promise<ResponseError> {
  const body: unknown = await response.json().catch(() => undefined);
  const answer: Answer = {
    status: response.status,
    error: isApiError(body) ? body : undefined,
    requestId: response.headers.get('X-Request-Id') ?? undefined,
    retryAfter: milliseconds(response.headers.get('Retry-After')),
  };
  return new (classOf(answer))(answer);
}

function classOf({ status, error }: Answer): new (answer: Answer) => ResponseError {
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
  // By status, so that what a proxy answers in the service's place counts as well.
  if (status === 503 || status === 429) return OverloadedError;
  if (error?.code === 'not_found') return NotFoundError;
  if (error?.code === 'invalid_request' || error?.code === 'invalid_cursor') return InvalidRequestError;
  return ResponseError;
}

function isApiError(body: unknown): body is ApiError {
  return typeof body === 'object' && body !== null && 'code' in body && 'message' in body;
}

/** Retry-After is a number of seconds or a date (RFC 9110 §10.2.3). */
function milliseconds(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const wait = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
