import { Orders } from '@orders/client';
import { chromium } from 'testing/chromium.js';
import { afterAll, beforeAll, expect, inject, onTestFinished } from 'vitest';

const service = inject('service');
let browser;
let tenants = 0;

beforeAll(async () => {
  browser = await chromium();
});
afterAll(() => browser?.close());

/** A browser context with a tenant of its own. Each error of its pages fails the test. */
export async function world(options = {}) {
  const tenantId = `console-${process.pid}-${Date.now()}-${tenants++}`;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const complaints = [];
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  return {
    tenantId,
    orders: new Orders({ baseUrl: service, tenantId }),
    /** Opens a page of the service in a new tab. */
    async open(path = `/console#/${tenantId}`) {
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        // Chromium reports a 4xx response as a failure to load. Some tests provoke such responses.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
      });
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (origin !== service && protocol !== 'data:') complaints.push(`requested ${request.url()}`);
      });
      await page.goto(service + path);
      return page;
    },
  };
}

export const button = (page, name) => page.getByRole('button', { name });
