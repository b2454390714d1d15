/* tslint:disable */
/* eslint-disable */
export const memory: WebAssembly.Memory;
export const allowedActions: (a: any) => [number, number, number];
export const canTransition: (a: any, b: any) => [number, number, number];
export const decodeCursor: (a: any) => [number, number, number];
export const encodeCursor: (a: any) => [number, number, number, number];
export const etag: (a: any) => [number, number, number, number];
export const limits: () => any;
export const parseIfMatch: (a: any) => [number, number, number];
export const requestFingerprint: (a: any) => [number, number, number, number];
export const sameBody: (a: any, b: any) => [number, number, number];
export const statuses: () => any;
export const validateIdempotencyKey: (a: any) => [number, number, number, number];
export const validateLimit: (a: any) => [number, number, number];
export const validateOrderId: (a: any) => [number, number, number, number];
export const validateTenantId: (a: any) => [number, number, number, number];
export const validateTotalCents: (a: any) => [number, number, number];
export const __wbindgen_malloc: (a: number, b: number) => number;
export const __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
export const __wbindgen_free: (a: number, b: number, c: number) => void;
export const __wbindgen_exn_store: (a: number) => void;
export const __externref_table_alloc: () => number;
export const __wbindgen_externrefs: WebAssembly.Table;
export const __externref_table_dealloc: (a: number) => void;
export const __wbindgen_start: () => void;
