import { InvalidTransitionError, NotFoundError, StaleVersionError } from '@orders/client';
import { faults } from 'testing/proxy.js';
import { expect, test } from 'vitest';
import { world } from './world.js';

test('an order goes from draft to confirmed to closed', async () => {
  const { orders, requests } = await world();
  const draft = await orders.create();
  const confirmed = await orders.confirm(draft, 1234);
  expect(confirmed).toEqual({ id: draft.id, status: 'confirmed', version: 2, totalCents: 1234 });
  expect(await orders.close(confirmed)).toEqual({ id: draft.id, status: 'closed', version: 3 });
  expect(await orders.get(draft.id)).toMatchObject({ status: 'closed', version: 3, totalCents: 1234 });
  expect(requests.map(({ headers }) => headers['if-match'])).toEqual([undefined, '"1"', '"2"', undefined]);
});

test('a confirm of a changed order reports both versions', async () => {
  const { orders, direct } = await world();
  const draft = await orders.create();
  await direct.confirm(draft, 1);
  const refused = await orders.confirm(draft, 2).catch((error) => error);
  expect(refused).toBeInstanceOf(StaleVersionError);
  expect(refused).toMatchObject({ expectedVersion: 1, currentVersion: 2, currentStatus: 'confirmed', message: 'stale version' });
});

test('an invalid transition is an error of its own class', async () => {
  const { orders } = await world();
  const refused = await orders.close(await orders.create()).catch((error) => error);
  expect(refused).toBeInstanceOf(InvalidTransitionError);
  expect(refused).toMatchObject({ currentVersion: 1, currentStatus: 'draft' });
});

test('an unknown order is not found', async () => {
  const { orders } = await world();
  await expect(orders.get('018f6b1c-7d3e-7c4a-9b21-0123456789ab')).rejects.toBeInstanceOf(NotFoundError);
});

test.each([
  ['a lost request', faults.lostRequest()],
  ['a lost response', faults.lostResponse()],
  ['half a response', faults.brokenResponse()],
  ['503', faults.respond(503)],
])('%s does not keep a confirm from succeeding, once', async (_, fault) => {
  const { orders, direct } = await world(fault);
  const draft = await direct.create();
  const confirmed = await orders.confirm(draft, 7);
  expect(confirmed).toEqual({ id: draft.id, status: 'confirmed', version: 2, totalCents: 7 });
  expect(await direct.get(draft.id)).toMatchObject(confirmed);
});

test('a close whose response is lost is recognised as done', async () => {
  const { orders, direct } = await world(faults.lostResponse());
  const confirmed = await direct.confirm(await direct.create(), 7);
  expect(await orders.close(confirmed)).toEqual({ id: confirmed.id, status: 'closed', version: 3 });
});

test('a write of another client is not taken for the own lost write', async () => {
  const other = async (response) => {
    await direct.confirm(draft, 2);
    response.socket.resetAndDestroy();
  };
  const { orders, direct } = await world(other);
  const draft = await direct.create();
  await expect(orders.confirm(draft, 1)).rejects.toBeInstanceOf(StaleVersionError);
  expect(await direct.get(draft.id)).toMatchObject({ totalCents: 2, version: 2 });
});

test('an update calls `change` again after a version conflict', async () => {
  const { orders, direct } = await world();
  const { id } = await direct.create();
  const seen = [];
  const closed = await orders.update(id, async (order) => {
    seen.push(order.status);
    if (seen.length === 1) await direct.confirm(order, 5); // another client
    return order.status === 'draft' ? orders.confirm(order, 1) : orders.close(order);
  });
  expect(seen).toEqual(['draft', 'confirmed']);
  expect(closed).toMatchObject({ status: 'closed', version: 3 });
});

test('an update that always meets a newer version fails with the last conflict', async () => {
  const { direct, ...proxied } = await world();
  const { id } = await direct.create();
  let calls = 0;
  const stale = proxied.with({ attempts: 3 });
  const update = stale.update(id, (order) => {
    calls++;
    return stale.confirm({ id, version: order.version + 1 }, 1);
  });
  await expect(update).rejects.toBeInstanceOf(StaleVersionError);
  expect(calls).toBe(3);
});

test('an update throws other errors at once', async () => {
  const { orders, direct } = await world();
  const { id } = await direct.create();
  await expect(orders.update(id, (order) => orders.close(order))).rejects.toBeInstanceOf(InvalidTransitionError);
  await expect(orders.update(id, () => { throw new RangeError('mine'); })).rejects.toThrow('mine');
});
