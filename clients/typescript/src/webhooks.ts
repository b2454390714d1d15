// Webhooks of the service: signatures of Standard Webhooks 1.0, and the events in them. Needs WebCrypto and nothing else.

import { OrdersError } from './errors.js';
import type { OrderClosedEvent } from './generated/index.js';

/** Every event that the service sends. It becomes a union when there is a second one; `type` tells them apart. */
export type WebhookEvent = OrderClosedEvent;

/** The headers of a request, as `fetch`, Node and other servers have them. The case of names is free. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

/** Options of `verifyWebhook`. */
export interface WebhookOptions {
  /** How much the signed time may differ from `now`, in seconds. Default 300. */
  tolerance?: number;
  /** Milliseconds since 1970. Default: this machine's clock. */
  now?: number;
}

/** The request is forged, changed, repeated too late, or not a webhook. Respond 401, and do not read the body. */
export class WebhookVerificationError extends OrdersError {
  override readonly name = 'WebhookVerificationError';
}

/** The signature is right, but this version of the package does not know the event. Respond 2xx to skip it. */
export class UnknownEventError extends OrdersError {
  override readonly name = 'UnknownEventError';
  /** The type of the event, if it has one. */
  readonly type: string | undefined;

  constructor(type: string | undefined) {
    super(`not an event that this version knows: ${type}`);
    this.type = type;
  }
}

/**
 * Checks that the service has sent this request, and returns its event.
 *
 * `secret` is one of `ORDERS_WEBHOOK_SECRETS`: `whsec_` and 24 to 64 bytes in Base64. While the service signs with two
 * secrets, either one will do. `body` is what was received, byte for byte. Rejects with `WebhookVerificationError`,
 * `UnknownEventError`, and a `TypeError` for a malformed secret. Pages have WebCrypto with TLS and on localhost only.
 */
export async function verifyWebhook(
  secret: string,
  headers: WebhookHeaders,
  body: string | Uint8Array,
  { tolerance = 300, now = Date.now() }: WebhookOptions = {},
): Promise<WebhookEvent> {
  const key = await crypto.subtle.importKey('raw', keyOf(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => header(headers, name));
  const content = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = concatenated(new TextEncoder().encode(`${id}.${timestamp}.`), content);
  // `verify` compares in constant time.
  const matches = await Promise.all(candidates(signatures!).map((signature) => crypto.subtle.verify('HMAC', key, signature, signed)));
  if (!matches.includes(true)) throw new WebhookVerificationError('no signature is that of the secret');
  if (!/^[0-9]{1,15}$/.test(timestamp!)) throw new WebhookVerificationError('webhook-timestamp is not a number of seconds');
  const age = now / 1000 - Number(timestamp);
  if (Math.abs(age) > tolerance) throw new WebhookVerificationError(`signed ${Math.round(age)} s ago, and the tolerance is ${tolerance} s`);
  return eventOf(new TextDecoder().decode(content));
}

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const key = secret.startsWith('whsec_') ? fromBase64(secret.slice('whsec_'.length)) : undefined;
  if (!key || key.length < 24 || key.length > 64) throw new TypeError('the secret must be `whsec_` and 24 to 64 bytes in Base64');
  return key;
}

function header(headers: WebhookHeaders, name: string): string {
  const value = isHeaders(headers) ? headers.get(name) : Object.entries(headers).find(([other]) => other.toLowerCase() === name)?.[1];
  if (typeof value !== 'string') throw new WebhookVerificationError(`${name} is missing`);
  return value;
}

function isHeaders(headers: WebhookHeaders): headers is Headers {
  return typeof headers.get === 'function'; // `instanceof` fails for those of another realm or library
}

/** The signatures of version 1. Spaces separate signatures; the others have other versions. */
function candidates(signatures: string): Uint8Array<ArrayBuffer>[] {
  const ofVersion1 = signatures.split(' ').filter((signature) => signature.startsWith('v1,'));
  return ofVersion1.map((signature) => fromBase64(signature.slice('v1,'.length))).filter((bytes) => bytes !== undefined);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function concatenated(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function eventOf(text: string): WebhookEvent {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    // signed, but no event
  }
  const type = typeof event === 'object' && event !== null && 'type' in event ? event.type : undefined;
  if (type !== 'orders.closed') throw new UnknownEventError(typeof type === 'string' ? type : undefined);
  return event as OrderClosedEvent;
}
