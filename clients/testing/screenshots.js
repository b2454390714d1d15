// usage: node screenshots.js FILE    writes a PNG of the console: an order, and a conflict about its version

import { Orders } from '@orders/client';
import { chromium } from './chromium.js';
import { startService } from './service.js';

const [file] = process.argv.slice(2);
const service = await startService();
const browser = await chromium();
try {
  const orders = new Orders({ baseUrl: service.url, tenantId: 'acme' });
  for (const total of [4900, 12050, 899]) await orders.close(await orders.confirm(await orders.create(), total));
  await orders.confirm(await orders.create(), 2599);
  await orders.create();

  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  const page = await context.newPage();
  await page.goto(`${service.url}/console#/acme`);
  const button = (name) => page.getByRole('button', { name });
  await button('Create order').click();
  await button('Confirm order').waitFor();

  // Another client confirms the order first, so that the page sends a stale version.
  const id = page.url().split('/').at(-1);
  await orders.confirm({ id, version: 1 }, 777);
  await button('Confirm order').click();
  await page.getByRole('alert').waitFor();
  await page.mouse.move(0, 0);
  await page.screenshot({ path: file, animations: 'disabled' });
} finally {
  await browser.close();
  await service.stop();
}
