import { Orders } from '@orders/client';
import { faults } from 'testing/proxy.js';
import { expect, inject, test } from 'vitest';
import { collect, world } from './world.js';

const ID = '018f6b1c-7d3e-7c4a-9b21-0123456789ab';

test.each([1, 3, 7, 100, undefined])('a walk of %s at a time meets every order once, newest first', async (limit) => {
  const { orders, direct, requests } = await world(faults.lostResponse());
  const made = [];
  for (let i = 0; i < 7; i++) made.unshift((await direct.create()).id);
  expect((await collect(orders.all({ limit }))).map(({ id }) => id)).toEqual(made);
  expect(requests).toHaveLength(1 + Math.ceil(7 / (limit ?? 10)));
});

test('an iteration that is left early requests no further page', async () => {
  const { orders, direct, requests } = await world();
  for (let i = 0; i < 3; i++) await direct.create();
  for await (const order of orders.all({ limit: 1 })) if (order) break;
  expect(requests).toHaveLength(1);
});

test.each([
  ['an order is no array', (orders) => orders.create([]), 'not_an_object'],
  ['nor deeper than the service reads', (orders) => orders.create(nested(200)), 'invalid_json'],
  ['a key has no spaces', (orders) => orders.create({}, { idempotencyKey: 'a b' }), 'invalid_idempotency_key'],
  ['a total is an integer', (orders) => orders.confirm({ id: ID, version: 1 }, 12.5), 'out_of_range'],
  ['and fits', (orders) => orders.confirm({ id: ID, version: 1 }, 2 ** 31), 'out_of_range'],
  ['a version is at least 1', (orders) => orders.confirm({ id: ID, version: 0 }, 1), 'invalid_version'],
  ['an id is a UUID', (orders) => orders.get('../healthz'), 'invalid_order_id'],
  ['also of what is closed', (orders) => orders.close({ id: '', version: 1 }), 'invalid_order_id'],
  ['a page has a limit', (orders) => orders.list({ limit: 101 }), 'out_of_range'],
  ['also on a walk', (orders) => collect(orders.all({ limit: 0 })), 'out_of_range'],
  ['a cursor is one', (orders) => orders.list({ cursor: 'garbage' }), 'invalid_cursor'],
])('refused before it is sent: %s', async (_, call, code) => {
  const { orders, requests } = await world();
  await expect(call(orders)).rejects.toMatchObject({ code });
  expect(requests).toEqual([]);
});

test('an invalid tenant is refused by the constructor', () => {
  expect(() => new Orders({ baseUrl: inject('service'), tenantId: 'a b' })).toThrow(/^must be 1 to 128 letters/);
});

test.each([
  ['create', (orders, options) => orders.create({}, options)],
  ['get', (orders, options) => orders.get(ID, options)],
  ['list', (orders, options) => orders.list(options)],
  ['all', (orders, options) => collect(orders.all(options))],
  ['confirm', (orders, options) => orders.confirm({ id: ID, version: 1 }, 1, options)],
  ['close', (orders, options) => orders.close({ id: ID, version: 1 }, options)],
  ['update', (orders, options) => orders.update(ID, (order) => order, options)],
])('%s ends when it is aborted: before, while it waits for a response, and between attempts', async (_, call) => {
  const reason = new Error('enough');
  const before = await world();
  await expect(call(before.orders, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(before.requests).toEqual([]);

  const controller = new AbortController();
  const during = await world(() => controller.abort(reason));
  await expect(call(during.orders, { signal: controller.signal })).rejects.toBe(reason);
  expect(during.requests).toHaveLength(1);

  const later = new AbortController();
  const between = await world((response) => {
    // By now the client usually waits; the call must end also if it does not yet.
    response.once('close', () => setTimeout(() => later.abort(reason), 100));
    response.writeHead(503, { 'Retry-After': '15' }).end();
  });
  const start = performance.now();
  await expect(call(between.orders, { signal: later.signal })).rejects.toBe(reason);
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(between.requests).toHaveLength(1);
});

test('additional headers, for instance for a gateway, are sent', async () => {
  const { requests, tenantId } = await world();
  const seen = [];
  const orders = new Orders({
    baseUrl: `${inject('service')}/`,
    tenantId,
    headers: { Authorization: 'Bearer x' },
    fetch: (url, init) => {
      seen.push([url, init.headers.Authorization]);
      return fetch(url, init);
    },
  });
  await orders.list();
  expect(seen).toEqual([[`${inject('service')}/orders`, 'Bearer x']]);
  expect(requests).toEqual([]);
});

function nested(levels) {
  return levels === 0 ? {} : { inner: nested(levels - 1) };
}
