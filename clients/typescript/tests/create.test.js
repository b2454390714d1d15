import { IdempotencyKeyReusedError, NetworkError, OverloadedError, RequestInProgressError } from '@orders/client';
import { faults } from 'testing/proxy.js';
import { expect, test } from 'vitest';
import { collect, world } from './world.js';

const inProgress = faults.answer(
  409,
  { 'Content-Type': 'application/json', 'Retry-After': '0' },
  JSON.stringify({ code: 'conflict', message: 'in progress', details: { reason: 'request_in_progress' } }),
);

test.each([
  ['a lost request', faults.lostRequest()],
  ['a lost answer', faults.lostAnswer()],
  ['half an answer', faults.brokenAnswer()],
  ['an answer that never comes', faults.silence()],
  ['503', faults.answer(503, { 'Retry-After': '0' })],
  ['429 of a gateway', faults.answer(429, {}, '<h1>slow down</h1>')],
  ['a call that is still in progress', inProgress],
])('%s, twice, makes one order under one key', async (_, fault) => {
  const { requests, direct, ...way } = await world(fault, fault);
  const created = await way.with({ timeout: 1_000 }).create({ reference: 'basket-42' });
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

test('a key of the caller makes one order of two calls, and of two bodies a conflict', async () => {
  const { orders } = await world();
  const options = { idempotencyKey: 'basket-42' };
  const created = await orders.create({ a: 1 }, options);
  expect(await orders.create({ a: 1 }, options)).toEqual(created);
  const refused = await orders.create({ a: 2 }, options).catch((error) => error);
  expect(refused).toBeInstanceOf(IdempotencyKeyReusedError);
  expect(refused).toMatchObject({ status: 409, code: 'conflict', requestId: expect.any(String) });
});

test('a body that changes meanwhile is retried as it was', async () => {
  const { orders, requests } = await world(faults.lostAnswer());
  const body = { lines: [1] };
  const created = orders.create(body);
  body.lines.push(2);
  await created;
  expect(requests.map(({ body }) => body)).toEqual(['{"lines":[1]}', '{"lines":[1]}']);
});

test('Retry-After is waited for', async () => {
  const { orders, requests } = await world(faults.answer(503, { 'Retry-After': '1' }));
  await orders.create();
  expect(requests[1].at - requests[0].at).toBeGreaterThanOrEqual(990);
});

test('a service that asks for more patience than there is is not asked again', async () => {
  const { requests, ...way } = await world(faults.answer(503, { 'Retry-After': '60' }));
  const refused = await way.orders.create().catch((error) => error);
  expect(refused).toBeInstanceOf(OverloadedError);
  expect(refused.retryAfter).toBe(60_000);
  expect(requests).toHaveLength(1);
});

test.each([
  [NetworkError, faults.lostAnswer()],
  [OverloadedError, faults.answer(503)],
  [RequestInProgressError, inProgress],
])('after so many attempts the last error is told', async (kind, fault) => {
  const { requests, ...way } = await world(fault, fault, fault, fault);
  await expect(way.with({ attempts: 3 }).create()).rejects.toBeInstanceOf(kind);
  expect(requests).toHaveLength(3);
});

test('what is wrong for good is not retried', async () => {
  const { orders, requests } = await world(faults.answer(500));
  await expect(orders.create()).rejects.toMatchObject({ name: 'ResponseError', status: 500, code: undefined });
  expect(requests).toHaveLength(1);
});
