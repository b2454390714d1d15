import { readFile } from 'node:fs/promises';
import * as core from '@orders/core';
import { chromium } from 'testing/chromium.js';
import { serveFiles } from 'testing/files.js';
import { expect, test } from 'vitest';
import { deviations } from './vectors.js';

const root = new URL('../../../', import.meta.url);
const vectors = JSON.parse(await readFile(new URL('core/tests/vectors.json', root), 'utf8'));

test('the WebAssembly build in Node gives the results of the vectors', () => {
  expect(deviations(core, vectors)).toEqual([]);
});

test('the comparison can fail', () => {
  const tampered = structuredClone(vectors);
  tampered[0].cases[0].gives += ' ';
  delete tampered[1].cases[0].gives;
  tampered[2].cases[0].refuses[0] = 'another_code';
  expect(deviations(core, tampered)).toHaveLength(3);
});

test('every export has vectors, and every vector has an export', () => {
  const called = new Set(vectors.flatMap(({ cases }) => cases.map(({ call }) => call)));
  const { initSync, ...functions } = core;
  expect([...called].sort()).toEqual(Object.keys(functions).sort());
});

test('the WebAssembly build in a browser page without a bundler gives the results of the vectors', async () => {
  const [files, browser] = await Promise.all([serveFiles(root), chromium()]);
  try {
    const page = await browser.newPage();
    await page.goto(`${files.url}clients/core/tests/page.html`);
    expect(JSON.parse(await page.locator('output').textContent())).toEqual([]);
  } finally {
    await Promise.all([browser.close(), files.close()]);
  }
});
