/* tslint:disable */
/* eslint-disable */
/**
 * The body of every error response.
 * @export
 * @interface ApiError
 */
export interface ApiError {
    /**
     * 
     */
    code: ErrorCode;
    /**
     * A text for people. It may change.
     */
    message: string;
    /**
     * 
     */
    details?: ErrorDetails;
}


/**
 * The body of a confirm.
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
 * The kind of conflict.
 * @export
 */
export const ConflictReason = {
    IdempotencyKeyReused: 'idempotency_key_reused',
    RequestInProgress: 'request_in_progress',
    StaleVersion: 'stale_version',
    WeakEntityTag: 'weak_entity_tag',
    InvalidTransition: 'invalid_transition',
} as const;
export type ConflictReason = typeof ConflictReason[keyof typeof ConflictReason];


/**
 * Each code has one status. `invalid_request` 400 · `invalid_cursor` 400 · `unauthenticated` 401 · `forbidden` 403 ·
 * `not_found` 404 · `method_not_allowed` 405 · `conflict` 409 · `payload_too_large` 413 · `unsupported_media_type` 415 ·
 * `precondition_required` 428 · `internal` 500 · `overloaded` 503.
 * 
 * @export
 */
export const ErrorCode = {
    InvalidRequest: 'invalid_request',
    InvalidCursor: 'invalid_cursor',
    Unauthenticated: 'unauthenticated',
    Forbidden: 'forbidden',
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
 * Facts for programs. The members depend on `code` and `reason`.
 * @export
 * @interface ErrorDetails
 */
export interface ErrorDetails {
    /**
     * 
     */
    in?: ErrorPlace;
    /**
     * The invalid header, parameter or body member.
     */
    name?: string;
    /**
     * 
     */
    reason?: ConflictReason;
    /**
     * With `stale_version`: the version in `If-Match`, if it names exactly one.
     */
    expectedVersion?: number;
    /**
     * The current version of the order.
     */
    currentVersion?: number;
    /**
     * 
     */
    currentStatus?: OrderStatus;
}



/**
 * The part of the request that is invalid.
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
 * The result of a probe.
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
     * Created by the service.
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
     * Starts at 1. Each write adds 1.
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
     * The version after this write.
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
     * The total of the order.
     */
    totalCents: number;
    /**
     * When the order was closed, to the microsecond.
     */
    closedAt: string;
}
/**
 * The CloudEvent of a closed order.
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
     * When the order was closed, by the database's clock.
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
     * The version after this write.
     */
    version: number;
    /**
     * The total of the order.
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
     * Created by the service.
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
 * A page of orders.
 * @export
 * @interface OrderPage
 */
export interface OrderPage {
    /**
     * Newest first.
     */
    items: Array<Order>;
    /**
     * The `cursor` of the next page; `null` on the last page.
     */
    nextCursor: string | null;
}

/**
 * The status of an order. It changes in this order, and never back.
 * @export
 */
export const OrderStatus = {
    Draft: 'draft',
    Confirmed: 'confirmed',
    Closed: 'closed',
} as const;
export type OrderStatus = typeof OrderStatus[keyof typeof OrderStatus];

