/* tslint:disable */
/* eslint-disable */

/** The status of an order. */
export type OrderStatus = "draft" | "confirmed" | "closed";

/** A transition of an order. */
export type OrderAction = "confirm" | "close";

/** The last order of a page; the next page starts after it. */
export interface Cursor {
    /** When the order was created: RFC 3339, UTC, six fraction digits. */
    ts: string;
    /** The order's id. */
    id: string;
}

/** The versions that match an If-Match value; `"*"` is every version, an empty array none. */
export type IfMatch = "*" | number[];

/** The bounds on every argument. */
export interface Limits {
    tenantIdMaxLength: number;
    idempotencyKeyMaxLength: number;
    idempotencyWindowSeconds: number;
    totalCentsMax: number;
    pageLimitMin: number;
    pageLimitDefault: number;
    pageLimitMax: number;
    cursorMaxLength: number;
    jsonDepthMax: number;
    /** Longest text that any function here reads, in UTF-16 code units. */
    textMaxLength: number;
}

/** The reason why an argument is refused. */
export type RefusalCode =
| "duplicate_member"
| "inexact_number"
| "invalid_argument"
| "invalid_cursor"
| "invalid_entity_tags"
| "invalid_idempotency_key"
| "invalid_json"
| "invalid_order_id"
| "invalid_tenant_id"
| "invalid_timestamp"
| "invalid_version"
| "not_an_object"
| "out_of_range"
| "too_long"
| "unknown_status";

/** The error that the functions of this package throw. */
export interface Refusal extends Error {
    code: RefusalCode;
}



/**
 * The transitions that start at this status. Throws `unknown_status`.
 */
export function allowedActions(status: OrderStatus): OrderAction[];

/**
 * Whether a transition leads from one status to the other. Throws `unknown_status`.
 */
export function canTransition(from: OrderStatus, to: OrderStatus): boolean;

/**
 * Reads a cursor. Throws `invalid_cursor`.
 */
export function decodeCursor(cursor: string): Cursor;

/**
 * Writes a cursor. Throws `invalid_timestamp` or `invalid_order_id`.
 */
export function encodeCursor(cursor: Cursor): string;

/**
 * The entity tag of a version, for `If-Match`. Throws `invalid_version`.
 */
export function etag(version: number): string;

/**
 * The bounds on every argument.
 */
export function limits(): Limits;

/**
 * The versions that match an `If-Match` value, `"*"` for all. Throws `invalid_entity_tags`.
 */
export function parseIfMatch(value: string): IfMatch;

/**
 * The SHA-256, in hexadecimal, of the body's canonical form (RFC 8785): equal for two bodies
 * exactly if they are the same to the service. An absent body is the empty string. Throws
 * `invalid_json`, `not_an_object`, `duplicate_member` or `inexact_number`.
 */
export function requestFingerprint(body: string): string;

/**
 * Whether two bodies under one key are the same to the service. Throws as `requestFingerprint`.
 */
export function sameBody(a: string, b: string): boolean;

/**
 * Every status, in the order of the life cycle.
 */
export function statuses(): OrderStatus[];

/**
 * The key without quotes and escapes. Throws `invalid_idempotency_key`.
 */
export function validateIdempotencyKey(key: string): string;

/**
 * The limit. Throws `out_of_range`.
 */
export function validateLimit(limit: number): number;

/**
 * The id in lower case. Throws `invalid_order_id`.
 */
export function validateOrderId(id: string): string;

/**
 * The tenant id. Throws `invalid_tenant_id`.
 */
export function validateTenantId(id: string): string;

/**
 * The total. Throws `out_of_range`.
 */
export function validateTotalCents(cents: number): number;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly allowedActions: (a: any) => [number, number, number];
    readonly canTransition: (a: any, b: any) => [number, number, number];
    readonly decodeCursor: (a: any) => [number, number, number];
    readonly encodeCursor: (a: any) => [number, number, number, number];
    readonly etag: (a: any) => [number, number, number, number];
    readonly limits: () => any;
    readonly parseIfMatch: (a: any) => [number, number, number];
    readonly requestFingerprint: (a: any) => [number, number, number, number];
    readonly sameBody: (a: any, b: any) => [number, number, number];
    readonly statuses: () => any;
    readonly validateIdempotencyKey: (a: any) => [number, number, number, number];
    readonly validateLimit: (a: any) => [number, number, number];
    readonly validateOrderId: (a: any) => [number, number, number, number];
    readonly validateTenantId: (a: any) => [number, number, number, number];
    readonly validateTotalCents: (a: any) => [number, number, number];
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
