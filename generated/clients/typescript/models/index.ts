/* tslint:disable */
/* eslint-disable */
/**
 * The one shape of every error.
 * @export
 * @interface ApiError
 */
export interface ApiError {
    /**
     * 
     */
    code: ErrorCode;
    /**
     * For people. Do not parse it.
     */
    message: string;
    /**
     * 
     */
    details?: ErrorDetails;
}


/**
 * What a confirmation adds to a draft.
 * @export
 * @interface Confirmation
 */
export interface Confirmation {
    /**
     * The order's total, in the currency's smallest unit.
     */
    totalCents: number;
}

/**
 * Tells the conflicts apart.
 * @export
 */
export const ConflictReason = {
    IdempotencyKeyReused: 'idempotency_key_reused',
    RequestInProgress: 'request_in_progress',
    StaleVersion: 'stale_version',
    InvalidTransition: 'invalid_transition',
} as const;
export type ConflictReason = typeof ConflictReason[keyof typeof ConflictReason];


/**
 * For programs; each belongs to one status. `invalid_request` 400 · `invalid_cursor` 400 · `not_found` 404 ·
 * `method_not_allowed` 405 · `conflict` 409 · `payload_too_large` 413 · `unsupported_media_type` 415 ·
 * `precondition_required` 428 · `internal` 500 · `overloaded` 503.
 * 
 * @export
 */
export const ErrorCode = {
    InvalidRequest: 'invalid_request',
    InvalidCursor: 'invalid_cursor',
    NotFound: 'not_found',
    MethodNotAllowed: 'method_not_allowed',
    Conflict: 'conflict',
    PayloadTooLarge: 'payload_too_large',
    UnsupportedMediaType: 'unsupported_media_type',
    PreconditionRequired: 'precondition_required',
    Internal: 'internal',
    Overloaded: 'overloaded',
} as const;
export type ErrorCode = typeof ErrorCode[keyof typeof ErrorCode];

/**
 * What a program can act on. Which members are there depends on `code` and `reason`.
 * @export
 * @interface ErrorDetails
 */
export interface ErrorDetails {
    /**
     * 
     */
    in?: ErrorPlace;
    /**
     * The offending header, parameter or body member.
     */
    name?: string;
    /**
     * 
     */
    reason?: ConflictReason;
    /**
     * With `stale_version`: the version `If-Match` named, if it named exactly one.
     */
    expectedVersion?: number;
    /**
     * The version the order has now.
     */
    currentVersion?: number;
    /**
     * 
     */
    currentStatus?: OrderStatus;
}



/**
 * Where in the request the offending value was.
 * @export
 */
export const ErrorPlace = {
    Header: 'header',
    Path: 'path',
    Query: 'query',
    Body: 'body',
} as const;
export type ErrorPlace = typeof ErrorPlace[keyof typeof ErrorPlace];

/**
 * A short word.
 * @export
 * @interface Health
 */
export interface Health {
    /**
     * `ok`
     */
    status: string;
}
/**
 * A whole order.
 * @export
 * @interface Order
 */
export interface Order {
    /**
     * Made by the service.
     */
    id: string;
    /**
     * The tenant that owns the order.
     */
    tenantId: string;
    /**
     * 
     */
    status: OrderStatus;
    /**
     * Starts at 1, moves by one with every write.
     */
    version: number;
    /**
     * `null` until the order is confirmed.
     */
    totalCents: number | null;
    /**
     * UTC, to the microsecond, by the database's clock.
     */
    createdAt: string;
    /**
     * When the order was last written.
     */
    updatedAt: string;
}


/**
 * A closed order.
 * @export
 * @interface OrderClosed
 */
export interface OrderClosed {
    /**
     * The order.
     */
    id: string;
    /**
     * 
     */
    status: OrderStatus;
    /**
     * The version this write made.
     */
    version: number;
}


/**
 * The order that was closed.
 * @export
 * @interface OrderClosedData
 */
export interface OrderClosedData {
    /**
     * The order.
     */
    orderId: string;
    /**
     * The tenant that owns it.
     */
    tenantId: string;
    /**
     * What it came to.
     */
    totalCents: number;
    /**
     * When it closed, to the microsecond.
     */
    closedAt: string;
}
/**
 * A CloudEvent that says an order was closed.
 * @export
 * @interface OrderClosedEvent
 */
export interface OrderClosedEvent {
    /**
     * The version of CloudEvents.
     */
    specversion: OrderClosedEventSpecversionEnum;
    /**
     * The event. Equal to `webhook-id`.
     */
    id: string;
    /**
     * The service that sends it.
     */
    source: string;
    /**
     * What happened.
     */
    type: OrderClosedEventTypeEnum;
    /**
     * The order.
     */
    subject: string;
    /**
     * When it was written, by the database's clock.
     */
    time: string;
    /**
     * The media type of `data`.
     */
    datacontenttype: OrderClosedEventDatacontenttypeEnum;
    /**
     * The tenant that owns the order.
     */
    tenantid: string;
    /**
     * The W3C trace context of the request that closed the order, if it had one.
     */
    traceparent?: string;
    /**
     * 
     */
    data: OrderClosedData;
}


/**
 * @export
 */
export const OrderClosedEventSpecversionEnum = {
    _10: '1.0',
} as const;
export type OrderClosedEventSpecversionEnum = typeof OrderClosedEventSpecversionEnum[keyof typeof OrderClosedEventSpecversionEnum];

/**
 * @export
 */
export const OrderClosedEventTypeEnum = {
    OrdersClosed: 'orders.closed',
} as const;
export type OrderClosedEventTypeEnum = typeof OrderClosedEventTypeEnum[keyof typeof OrderClosedEventTypeEnum];

/**
 * @export
 */
export const OrderClosedEventDatacontenttypeEnum = {
    ApplicationJson: 'application/json',
} as const;
export type OrderClosedEventDatacontenttypeEnum = typeof OrderClosedEventDatacontenttypeEnum[keyof typeof OrderClosedEventDatacontenttypeEnum];

/**
 * A confirmed order.
 * @export
 * @interface OrderConfirmed
 */
export interface OrderConfirmed {
    /**
     * The order.
     */
    id: string;
    /**
     * 
     */
    status: OrderStatus;
    /**
     * The version this write made.
     */
    version: number;
    /**
     * The total it was confirmed with.
     */
    totalCents: number;
}


/**
 * A new draft.
 * @export
 * @interface OrderCreated
 */
export interface OrderCreated {
    /**
     * Made by the service.
     */
    id: string;
    /**
     * The tenant that owns the order.
     */
    tenantId: string;
    /**
     * 
     */
    status: OrderStatus;
    /**
     * Always 1.
     */
    version: number;
    /**
     * UTC, to the microsecond, by the database's clock.
     */
    createdAt: string;
}


/**
 * One page of a walk.
 * @export
 * @interface OrderPage
 */
export interface OrderPage {
    /**
     * Newest first.
     */
    items: Array<Order>;
    /**
     * Send it as `cursor` to go on; `null` when this was the last page.
     */
    nextCursor: string | null;
}

/**
 * Where the order stands. It only moves to the right.
 * @export
 */
export const OrderStatus = {
    Draft: 'draft',
    Confirmed: 'confirmed',
    Closed: 'closed',
} as const;
export type OrderStatus = typeof OrderStatus[keyof typeof OrderStatus];

