import { expect, inject, test } from 'vitest';
import { button, world } from './pages.js';

test('every operation of the contract is there, from this service alone', async () => {
  const { open } = await world();
  const page = await open('/docs');
  await page.locator('.opblock').first().waitFor();
  const shown = await page.locator('.opblock-summary-path').allInnerTexts();
  const contract = await (await fetch(`${inject('service')}/openapi.yaml`)).text();
  const operations = contract.match(/operationId: \w+/g);
  expect(shown).toHaveLength(operations.length);
});

test('what is tried out goes to the service that shows the page', async () => {
  const { open } = await world();
  const page = await open('/docs#/Operations/getHealth');
  await button(page, 'Execute').click();
  const answer = page.locator('.live-responses-table .response');
  await answer.waitFor();
  expect(await answer.innerText()).toContain('"status": "ok"');
});
