import { IdempotencyKeyReusedError, NetworkError, OverloadedError, RequestInProgressError } from '@orders/client';
import { faults } from 'testing/proxy.js';
import { expect, test } from 'vitest';
import { collect, world } from './world.js';

const inProgress = faults.respond(
  409,
  { 'Content-Type': 'application/json', 'Retry-After': '0' },
  JSON.stringify({ code: 'conflict', message: 'in progress', details: { reason: 'request_in_progress' } }),
);

test.each([
  ['a lost request', faults.lostRequest()],
  ['a lost response', faults.lostResponse()],
  ['half a response', faults.brokenResponse()],
  ['no response', faults.silence()],
  ['503', faults.respond(503, { 'Retry-After': '0' })],
  ['408', faults.respond(408)],
  ['500', faults.respond(500)],
  ['502 of a gateway', faults.respond(502, {}, '<h1>bad gateway</h1>')],
  ['504 of a gateway', faults.respond(504)],
  ['429 of a gateway', faults.respond(429, {}, '<h1>slow down</h1>')],
  ['a call that is still in progress', inProgress],
])('%s, twice, makes one order under one key', async (_, fault) => {
  const { requests, direct, ...proxied } = await world(fault, fault);
  const created = await proxied.with({ timeout: 1_000 }).create({ reference: 'basket-42' });
  expect(requests).toHaveLength(3);
  expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  expect(new Set(requests.map(({ body }) => body))).toEqual(new Set(['{"reference":"basket-42"}']));
  expect((await collect(direct.all())).map(({ id }) => id)).toEqual([created.id]);
});

test('every call has a key of its own', async () => {
  const { orders, requests, direct } = await world();
  await Promise.all([orders.create(), orders.create(), orders.create({})]);
  expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(3);
  expect(await collect(direct.all())).toHaveLength(3);
});

test('with a key of the caller two equal calls make one order, and a different body is a conflict', async () => {
  const { orders } = await world();
  const options = { idempotencyKey: 'basket-42' };
  const created = await orders.create({ a: 1 }, options);
  expect(await orders.create({ a: 1 }, options)).toEqual(created);
  const refused = await orders.create({ a: 2 }, options).catch((error) => error);
  expect(refused).toBeInstanceOf(IdempotencyKeyReusedError);
  expect(refused).toMatchObject({ status: 409, code: 'conflict', requestId: expect.any(String) });
});

test('a retry sends the original body although the caller has changed the object', async () => {
  const { orders, requests } = await world(faults.lostResponse());
  const body = { lines: [1] };
  const created = orders.create(body);
  body.lines.push(2);
  await created;
  expect(requests.map(({ body }) => body)).toEqual(['{"lines":[1]}', '{"lines":[1]}']);
});

test('the client waits for Retry-After', async () => {
  const { orders, requests } = await world(faults.respond(503, { 'Retry-After': '1' }));
  await orders.create();
  expect(requests[1].at - requests[0].at).toBeGreaterThanOrEqual(990);
});

test('a Retry-After beyond the limit ends the retries', async () => {
  const { requests, ...proxied } = await world(faults.respond(503, { 'Retry-After': '60' }));
  const refused = await proxied.orders.create().catch((error) => error);
  expect(refused).toBeInstanceOf(OverloadedError);
  expect(refused.retryAfter).toBe(60_000);
  expect(requests).toHaveLength(1);
});

test.each([
  [NetworkError, faults.lostResponse()],
  [OverloadedError, faults.respond(503)],
  [RequestInProgressError, inProgress],
])('after so many attempts the last error is told', async (kind, fault) => {
  const { requests, ...proxied } = await world(fault, fault, fault, fault);
  await expect(proxied.with({ attempts: 3 }).create()).rejects.toBeInstanceOf(kind);
  expect(requests).toHaveLength(3);
});

test('a permanent error is not retried', async () => {
  const { orders, requests } = await world(faults.respond(501));
  await expect(orders.create()).rejects.toMatchObject({ name: 'ResponseError', status: 501, code: undefined });
  expect(requests).toHaveLength(1);
});
