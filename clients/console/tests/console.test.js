import { expect, inject, test } from 'vitest';
import { button, faint, world } from './pages.js';

test('three clicks create, confirm and close an order, and the list shows each status', async () => {
  const { open, orders } = await world();
  const page = await open();
  await button(page, 'Create order').click();
  await button(page, 'Confirm order').click();
  await button(page, 'Close order').click();
  await page.getByText('Closed: version 3 now.').waitFor();
  await page.locator('.list .status', { hasText: 'closed' }).waitFor();
  const { items } = await orders.list();
  expect(items.map(({ status, version, totalCents }) => [status, version, totalCents])).toEqual([['closed', 3, 1234]]);
});

test('a create that is sent again is replayed and makes no second order', async () => {
  const { open, orders } = await world();
  const page = await open();
  await button(page, 'Create order').click();
  await button(page, /^Send it again/).click();
  await page.getByText(/^Replayed: the same order/).waitFor();
  expect((await orders.list()).items).toHaveLength(1);
});

test('of two tabs the slower one shows the conflict and continues with the current version', async () => {
  const { open, orders } = await world();
  const { id } = await orders.create();
  const [slow, fast] = [await open(), await open()];
  for (const page of [slow, fast]) await page.locator('.list li a').click();
  await button(slow, 'Confirm order').waitFor();

  await fast.getByLabel('Total in cents').fill('777');
  await button(fast, 'Confirm order').click();
  await button(fast, 'Close order').waitFor();
  await button(slow, 'Confirm order').click();

  const conflict = slow.getByRole('alert');
  await conflict.waitFor();
  expect(await conflict.getByRole('row').allInnerTexts()).toEqual(['\tyou read\tit is now', 'Version\t1\t2', 'Status\tdraft\tconfirmed', 'Total\t—\t7.77']);
  expect((await orders.get(id)).totalCents).toBe(777);
  await button(conflict, 'Go on with version 2').click();
  await button(slow, 'Close order').click();
  await slow.getByText('Closed: version 3 now.').waitFor();
});

test('an input that the service would refuse is refused while it is typed', async () => {
  const { open, orders } = await world();
  await orders.create();
  const page = await open();
  await page.locator('.list li a').click();
  const total = page.getByLabel('Total in cents');
  for (const refused of ['', '-1', '1.5', 'abc', '2147483648']) {
    await total.fill(refused);
    await page.getByText('must be an integer from 0 to 2147483647').waitFor();
    expect(await button(page, 'Confirm order').isDisabled(), refused).toBe(true);
  }
  await total.fill('2147483647');
  expect(await button(page, 'Confirm order').isEnabled()).toBe(true);

  await page.getByText('Idempotency key and body').click();
  await page.getByLabel('Body').fill('{"a":1,"a":2}');
  expect(await button(page, 'Create order').isDisabled()).toBe(true);
  await page.getByLabel('Tenant').fill('not a tenant');
  expect(await button(page, 'Switch').isDisabled()).toBe(true);
});

test('scrolling loads every order once, and a cursor is shown decoded', async () => {
  const { open, orders } = await world();
  const made = await Promise.all(Array.from({ length: 45 }, () => orders.create()));
  const page = await open();
  const rows = page.locator('.list li a');
  await rows.first().waitFor();
  expect(await rows.count()).toBeLessThan(45);
  while (!(await page.getByText('That was the first order.').isVisible())) await page.mouse.wheel(0, 500);
  const shown = await rows.evaluateAll((links) => links.map(({ hash }) => hash.split('/')[2]));
  expect(shown.toSorted()).toEqual(made.map(({ id }) => id).toSorted());

  const cursor = page.locator('.cursor').first();
  await cursor.getByRole('button').hover();
  const told = JSON.parse(await cursor.getByRole('tooltip').locator('code').innerText());
  expect(told.id).toBe(shown[19]);
});

test('every exchange is shown with its headers, and its curl line', async () => {
  const { open, tenantId } = await world();
  const page = await open();
  await button(page, 'Create order').click();
  await button(page, 'Confirm order').click();
  await button(page, 'Close order').waitFor();
  const exchange = page.locator('.wire details', { hasText: '/confirm' });
  const [request, response, curl] = await exchange.locator('pre').allInnerTexts();
  expect(request).toMatch(/^PATCH \/orders\/[0-9a-f-]{36}\/confirm\n/);
  expect(request).toContain(`X-Tenant-Id: ${tenantId}\nIf-Match: "1"\n`);
  expect(response).toMatch(/^200 OK\n/);
  expect(response).toContain('etag: "2"\n');
  expect(response).toContain('"status": "confirmed"');
  expect(curl).toMatch(/^curl -i \\\n {2}-X PATCH \\\n {2}'http.*\/confirm' \\\n/);
  expect(curl).toContain(`-H 'If-Match: "1"' \\\n  -d '{"totalCents":1234}'`);
});

test('an order can be created, confirmed and closed by keyboard alone', async () => {
  const { open } = await world();
  const page = await open();
  for (const name of ['Create order', 'Confirm order', 'Close order']) {
    await button(page, name).waitFor();
    await tabTo(page, name);
    await page.keyboard.press('Enter');
  }
  await page.getByText('Closed: version 3 now.').waitFor();
});

test('a narrow screen shows the list or an order and never scrolls sideways', async () => {
  const { open, orders } = await world({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  await orders.create();
  const page = await open();
  const order = page.locator('.list li a');
  await order.tap();
  await button(page, 'Confirm order').tap();
  await button(page, 'Close order').waitFor();
  expect(await order.isVisible()).toBe(false);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.getByText('← All orders').tap();
  await order.waitFor(); // visible again
});

test.each(['light', 'dark'])('every text can be told from its ground, when it is %s', async (colorScheme) => {
  const { open, orders } = await world({ colorScheme });
  await orders.confirm(await orders.create(), 1);
  const page = await open();
  await page.locator('.list li a').click();
  await button(page, 'Close order').click();
  await page.getByText('Closed: version 3 now.').waitFor();
  expect(await page.evaluate(faint)).toEqual([]);
});

test('an invalid tenant in the storage or in the address does not break the page', async () => {
  const { open } = await world();
  const page = await open('/console#/acme');
  await page.evaluate(() => localStorage.setItem('orders.tenant', 'not a tenant'));
  for (const hash of ['', '#/', '#/-/x', '#/not%20a%20tenant/%']) {
    await page.goto('about:blank');
    await page.goto(new URL(`/console${hash}`, inject('service')).href);
    await page.getByRole('heading', { name: 'Orders of acme' }).waitFor({ timeout: 5_000 });
    await page.evaluate(() => localStorage.setItem('orders.tenant', 'not a tenant'));
  }
});

/** Presses Tab until the button has the focus. */
async function tabTo(page, name) {
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  for (let presses = 0; presses < 100; presses++) {
    if ((await focused()).trim() === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${name} is not to be reached`);
}
