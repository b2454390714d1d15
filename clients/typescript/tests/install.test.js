import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'testing/chromium.js';
import { serveFiles } from 'testing/files.js';
import { build, createServer } from 'vite';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

const packages = ['core', 'typescript'].map((name) => new URL(`../../${name}/`, import.meta.url));
const run = promisify(execFile);

/** Creates an empty project, installs both packed tarballs, and writes the README's example into it. */
let project;
let browser;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'orders-install-'));
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const tarballs = await Promise.all(packages.map((cwd) => pack(cwd)));
  // Offline: the packages have no dependencies beside each other.
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], { cwd: project });
  const [readmeOfCore, readme] = await Promise.all(packages.map((at) => readFile(new URL('README.md', at), 'utf8')));
  const example = readme.match(/```js\n(.*?)```/s)[1].replace('http://127.0.0.1:8080', inject('service'));
  await writeFile(join(project, 'main.js'), example.replace("'acme'", `'acme-${process.pid}-' + Date.now()`));
  await writeFile(join(project, 'plain.html'), readmeOfCore.match(/```html\n(.*?)```/s)[1]);
  await writeFile(join(project, 'index.html'), '<!doctype html><script type="module" src="/main.js"></script>');
  browser = await chromium();
});

afterAll(async () => {
  await browser?.close();
  await rm(project, { recursive: true, force: true });
});

const expected = [/^expected version 1, it has 3$/, /^[0-9a-f-]{36} closed$/];

test('the example runs in Node', async () => {
const { stdout } = await run(process.execPath, ['main.js'], { cwd: project });
  expectLines(stdout.trim().split('\n'));
});

test('the example runs in a page that Vite built', async () => {
  await build({ root: project, logLevel: 'silent' });
  const files = await serveFiles(pathToFileURL(`${project}/dist/`));
  try {
    expectLines(await said(files.url));
  } finally {
    await files.close();
  }
});

test("the example runs in a page of Vite's development server", async () => {
  const server = await createServer({ root: project, logLevel: 'silent', server: { port: 0, host: '127.0.0.1' } });
  try {
    await server.listen();
    const url = `http://127.0.0.1:${server.httpServer.address().port}/`;
    expectLines(await said(url));
    expectLines(await said(url)); // Vite has bundled the dependencies by now
  } finally {
    await server.close();
  }
});

test('the rules run in a page without a bundler', async () => {
  const files = await serveFiles(pathToFileURL(`${project}/`));
  const page = await browser.newPage();
  try {
    await page.goto(`${files.url}plain.html`);
    await page.waitForFunction(() => document.title === 'at most 100');
  } finally {
    await Promise.all([page.close(), files.close()]);
  }
});

test('the tarballs hold the needed files and no others', async () => {
  const names = async (name) => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: new URL(`../../${name}/`, import.meta.url) });
    return JSON.parse(stdout)[0].files.map(({ path }) => path);
  };
  expect(await names('core')).toContain('pkg/orders_core_bg.wasm');
  const files = await names('typescript');
  expect(files).toContain('dist/generated/runtime.js');
  expect(files.filter((path) => !/^(dist\/|LICENSE$|README.md$|package.json$)/.test(path))).toEqual([]);
});

async function pack(cwd) {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], { cwd });
  return join(project, JSON.parse(stdout)[0].filename);
}

/** The lines that a page logs, up to the number of lines of the example. */
async function said(url) {
  const page = await browser.newPage();
  try {
    const lines = [];
    const failed = new Promise((_, reject) => page.once('pageerror', reject));
    const done = new Promise((resolve) => {
      page.on('console', (message) => {
        if (message.type() === 'log' && lines.push(message.text()) === expected.length) resolve();
      });
    });
    await page.goto(url);
    await Promise.race([done, failed]);
    return lines;
  } finally {
    await page.close();
  }
}

function expectLines(lines) {
  expect(lines).toHaveLength(expected.length);
  lines.forEach((line, i) => expect(line).toMatch(expected[i]));
}
