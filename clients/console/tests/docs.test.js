import { expect, inject, test } from 'vitest';
import { button, world } from './pages.js';

test('the page shows every operation of the contract and loads nothing from another host', async () => {
  const { open } = await world();
  const page = await open('/docs');
  await page.locator('.opblock').first().waitFor();
  const shown = await page.locator('.opblock-summary-path').allInnerTexts();
  const contract = await (await fetch(`${inject('service')}/openapi.yaml`)).text();
  const operations = contract.match(/operationId: \w+/g);
  expect(shown).toHaveLength(operations.length);
});

test('a request that is tried out goes to the service that serves the page', async () => {
  const { open } = await world();
  const page = await open('/docs#/Operations/getHealth');
  await button(page, 'Execute').click();
  const response = page.locator('.live-responses-table .response');
  await response.waitFor();
  expect(await response.innerText()).toContain('"status": "ok"');
});
