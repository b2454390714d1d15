import { Orders } from '@orders/client';
import { chromium } from 'testing/chromium.js';
import { afterAll, beforeAll, expect, inject, onTestFinished } from 'vitest';

let browser;
let tenants = 0;

beforeAll(async () => {
  browser = await chromium();
});
afterAll(() => browser?.close());

/** A browser context with a tenant of its own. Each error of its pages, and each request to another origin than the service and `admin`, fails the test. */
export async function world({ service = inject('service'), admin, ...options } = {}) {
  const tenantId = `console-${process.pid}-${Date.now()}-${tenants++}`;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const complaints = [];
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  return {
    tenantId,
    context,
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
        if (origin !== service && origin !== admin && protocol !== 'data:') complaints.push(`requested ${request.url()}`);
      });
      await page.goto(service + path);
      return page;
    },
  };
}

export const button = (page, name) => page.getByRole('button', { name });

/** Texts with less contrast than WCAG 2.2 requires (1.4.3, AA). Runs in the page. */
export function faint() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [r, g, b] = rgba(color).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const color = element ? getComputedStyle(element).backgroundColor : 'Canvas';
    return rgba(color)[3] === 0 ? ground(element.parentElement) : color;
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!text || !element.checkVisibility() || element.matches(':disabled')) continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${element.className || element.tagName} "${element.textContent.slice(0, 20)}": ${contrast.toFixed(2)}`);
  }
  return found;
}
