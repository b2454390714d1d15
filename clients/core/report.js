// Prints the size of the download and the speed of the rules. Fails if the size exceeds the budget. Run by `make wasm`.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as wasm from '@orders/core';

const BUDGET = 60_000; // bytes, gzipped

const files = ['browser.js', 'pkg/orders_core.js', 'pkg/orders_core_bg.wasm'];
const sizes = files.map((file) => gzipSync(readFileSync(new URL(file, import.meta.url)), { level: 9 }).length);
const total = sizes.reduce((a, b) => a + b);
console.log(`@orders/core: ${(total / 1000).toFixed(1)} kB gzipped of ${BUDGET / 1000} kB`);

/** The rules in plain JavaScript, for comparison. They accept duplicate members and any UUID-like text. */
const plain = {
  encodeCursor: ({ ts, id }) => Buffer.from(JSON.stringify({ ts, id })).toString('base64url'),
  decodeCursor(text) {
    const { ts, id } = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(ts) || !/^[\da-f-]{36}$/.test(id)) throw new Error('not a cursor');
    return { ts, id };
  },
  requestFingerprint: (body) => createHash('sha256').update(canonical(JSON.parse(body))).digest('hex'),
};

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)}}`;
}

const cursor = { ts: '2024-02-29T12:00:00.000001Z', id: '018f6b1c-7d3e-7c4a-9b21-0123456789ab' };
const body = JSON.stringify({ reference: 'basket-42', lines: [3, 1, 2] });
const large = JSON.stringify({ lines: Array.from({ length: 90 }, (_, i) => ({ sku: `A-${i}`, quantity: 3, price: 19.99 })) });

for (const [label, name, argument] of [
  ['encode a cursor', 'encodeCursor', cursor],
  ['decode a cursor', 'decodeCursor', wasm.encodeCursor(cursor)],
  [`fingerprint of ${body.length} bytes`, 'requestFingerprint', body],
  [`fingerprint of ${large.length} bytes`, 'requestFingerprint', large],
]) {
  const [ours, theirs] = [wasm, plain].map((module) => microseconds(() => module[name](argument)));
  const ratio = (theirs / ours).toFixed(2);
  console.log(`${label}: ${ours.toFixed(2)} µs, in plain JavaScript ${theirs.toFixed(2)} µs (${ratio} times as fast)`);
}

if (total > BUDGET) {
  console.error(`over the budget of ${BUDGET} bytes`);
  process.exitCode = 1;
}

/** The shortest of some rounds, because a disturbance only makes a round longer. */
function microseconds(call) {
  const calls = 2_000;
  const rounds = Array.from({ length: 20 }, () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    return ((performance.now() - start) / calls) * 1000;
  });
  return Math.min(...rounds);
}
