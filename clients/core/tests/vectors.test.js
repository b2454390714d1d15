import { readFile } from 'node:fs/promises';
import * as core from '@orders/core';
import { chromium } from 'testing/chromium.js';
import { serveFiles } from 'testing/files.js';
import { expect, test } from 'vitest';
import { deviations } from './vectors.js';

const root = new URL('../../../', import.meta.url);
const vectors = JSON.parse(await readFile(new URL('core/tests/vectors.json', root), 'utf8'));

test('the WebAssembly build in Node gives what the vectors say', () => {
  expect(deviations(core, vectors)).toEqual([]);
});

test('the comparison can fail', () => {
  const tampered = structuredClone(vectors);
  tampered[0].cases[0].gives += ' ';
  delete tampered[1].cases[0].gives;
  tampered[2].cases[0].refuses[0] = 'another_code';
  expect(deviations(core, tampered)).toHaveLength(3);
});

test('every export has vectors, and nothing else', () => {
  const called = new Set(vectors.flatMap(({ cases }) => cases.map(({ call }) => call)));
  const { initSync, ...functions } = core;
  expect([...called].sort()).toEqual(Object.keys(functions).sort());
});

test('the WebAssembly build in a browser page without a bundler gives what the vectors say', async () => {
  const [files, browser] = await Promise.all([serveFiles(root), chromium()]);
  try {
    const page = await browser.newPage();
    await page.goto(`${files.url}clients/core/tests/page.html`);
    // Not waitForFunction, whose eval the page's policy forbids.
    await expect.poll(() => page.evaluate(() => globalThis.found), { timeout: 30_000 }).toEqual([]);
  } finally {
    await Promise.all([browser.close(), files.close()]);
  }
});
