import { createServer } from 'node:http';
import { startService } from 'testing/service.js';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { button, faint, world } from './pages.js';

const SECRET = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz';

/** Tenants whose events the receiver refuses. */
const refused = new Set();
let receiver;
let service;
let admin;

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const { tenantid } = JSON.parse((await request.toArray()).join(''));
    response.writeHead(refused.has(tenantid) ? 410 : 204).end(); // 410 parks an event at once
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const webhook = ['--publisher', `http://127.0.0.1:${receiver.address().port}`, '--webhook-secrets', SECRET];
  service = await startService('--admin-listen', '127.0.0.1:0', '--admin-allow-origin', 'self', ...webhook);
  admin = (await (await fetch(`${service.url}/console/settings.json`)).json()).admin;
});
afterAll(async () => {
  await service?.stop();
  receiver?.close();
});

/** A world of this service. */
const outboxWorld = (options) => world({ service: service.url, admin, ...options });

/** Closes orders, whose events are refused, and waits until they are parked. They are published after the test: the list has the longest parked first. */
async function park({ orders, tenantId }, count) {
  refused.add(tenantId);
  onTestFinished(async () => {
    refused.delete(tenantId);
    for (const { id } of await events(tenantId, 'parked')) await retry(tenantId, id);
  });
  const closed = [];
  for (let n = 0; n < count; n++) {
    const order = await orders.create();
    closed.push(await orders.close(await orders.confirm(order, 1)));
  }
  await expect.poll(() => countOf(tenantId, 'parked'), { timeout: 20_000 }).toBe(count);
  return closed;
}

async function events(tenantId, state) {
  const response = await fetch(`${admin}/outbox/events?state=${state}&tenantId=${tenantId}&limit=100`);
  return (await response.json()).items;
}

const countOf = async (tenantId, state) => (await events(tenantId, state)).length;

const retry = (tenantId, id) => fetch(`${admin}/outbox/events/${id}/retry?tenantId=${tenantId}`, { method: 'POST' });

test('a parked event is shown with its error, retried with a click, and then published', async () => {
  const shown = await outboxWorld();
  await park(shown, 1);
  const page = await shown.open();
  await page.getByRole('link', { name: 'Events' }).click();
  const row = page.locator('.event', { hasText: shown.tenantId });
  await row.getByText(/410/).waitFor();
  refused.delete(shown.tenantId);
  await button(row, 'Retry').click();
  await row.locator('.status', { hasText: 'waiting' }).waitFor();
  expect(await button(row, 'Retry').count()).toBe(0);

  await expect.poll(() => countOf(shown.tenantId, 'published'), { timeout: 20_000 }).toBe(1);
  await page.getByLabel('State').selectOption('published');
  await row.locator('.status', { hasText: 'published' }).waitFor();
  const wire = page.locator('.wire details', { hasText: '/retry' });
  expect(await wire.locator('pre').first().innerText()).toMatch(/^POST /);
});

test('scrolling loads every parked event once, and each leads to its order', async () => {
  const shown = await outboxWorld();
  const closed = await park(shown, 25);
  const page = await shown.open('/console#events');
  const links = page.locator('.event a', { hasText: shown.tenantId });
  await links.first().waitFor();
  await page.locator('.events').hover();
  while (!(await page.getByText('That was the last event.').isVisible())) await page.mouse.wheel(0, 500);
  const hashes = await links.evaluateAll((all) => all.map(({ hash }) => hash));
  expect(hashes.toSorted()).toEqual(closed.map(({ id }) => `#/${shown.tenantId}/${id}`).toSorted());
  await links.first().click();
  await page.getByRole('heading', { name: `Orders of ${shown.tenantId}` }).waitFor();
});

test('a retry that comes too late is refused, and the reason is shown', async () => {
  const shown = await outboxWorld();
  await park(shown, 1);
  const page = await shown.open('/console#events');
  const row = page.locator('.event', { hasText: shown.tenantId });
  await row.waitFor();
  refused.delete(shown.tenantId);
  const [event] = await events(shown.tenantId, 'parked');
  await retry(shown.tenantId, event.id);
  await expect.poll(() => countOf(shown.tenantId, 'published'), { timeout: 20_000 }).toBe(1);
  await button(row, 'Retry').click();
  await row.getByText('Refused with 409: not parked: the event is published').waitFor();
});

test.each(['light', 'dark'])('every text of the events can be told from its ground, when it is %s', async (colorScheme) => {
  const shown = await outboxWorld({ colorScheme });
  await park(shown, 1);
  const page = await shown.open('/console#events');
  await page.locator('.event', { hasText: shown.tenantId }).waitFor();
  expect(await page.evaluate(faint)).toEqual([]);
});

test('events are offered only if the admin listener allows this console and responds', async () => {
  const shown = await outboxWorld();
  const link = (page) => page.getByRole('link', { name: 'Events' });
  await link(await shown.open()).waitFor();

  const other = await world(); // a service without an admin listener
  const page = await other.open('/console#events');
  await page.getByRole('heading', { name: 'An order’s life' }).waitFor();
  await page.waitForLoadState('networkidle');
  expect(await link(page).count()).toBe(0);

  await shown.context.route(`${admin}/**`, (route) => route.abort());
  const unreachable = await shown.open();
  await button(unreachable, 'Create order').waitFor();
  await unreachable.waitForLoadState('networkidle');
  expect(await link(unreachable).count()).toBe(0);
});
