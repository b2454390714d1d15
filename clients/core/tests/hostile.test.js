import * as core from '@orders/core';
import { expect, test } from 'vitest';

const { initSync, ...functions } = core;

const trap = () => {
  throw new Error('a getter was called');
};
const nothingToTouch = new Proxy({}, { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap });
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const cycle = {};
cycle.self = cycle;

/** Values of every type, among them very large and deeply nested ones. */
const hostile = [
  undefined, null, true, false, Symbol('s'), 0n, 2n ** 70n, () => {}, class {}, [], [[]], {}, cycle,
  0, -0, 1, 1.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 53, -(2 ** 63), 2 ** 64, Number.MIN_VALUE, Number.MAX_VALUE,
  new String('abc'), new Number(1), new Date(NaN), /x/, new Map(), new WeakRef({}), Promise.resolve(), new Uint8Array(9),
  { length: 3 }, { toString: trap }, { valueOf: trap }, { [Symbol.toPrimitive]: trap }, { get ts() { return trap(); } },
  { ts: null, id: {} }, { ts: '', id: '' }, { ts: 'x'.repeat(1 << 22), id: '' }, nothingToTouch, revoked.proxy,
  '', ' ', '\0', '\ud800', '\udc00\ud800', '{"\ud800":1}', '{"a":"\\ud800"}', '\u{10ffff}', '\ufeff{}', 'é'.repeat(1 << 19),
  '{', '[', '[]', '"', '*', '"1', '1e999', '{"a":1e999}', '{"a":1e-999}', '-', '{"a":' + '9'.repeat(1 << 19) + '}',
  '['.repeat(1 << 20), '{"a":'.repeat(1 << 17), '{"a":' + '['.repeat(1 << 17) + ']'.repeat(1 << 17) + '}',
  '{"a":9007199254740993}', '{"a":' + '[0,'.repeat(100) + '0' + ']'.repeat(100) + '}', '{' + '"a":1,'.repeat(1 << 16) + '"a":1}',
  '"' + '\\"'.repeat(1 << 19), '"1",'.repeat(1 << 17), ','.repeat(1 << 20), 'x'.repeat((1 << 20) + 1), 'x'.repeat(1 << 28),
  '{"a":[' + '0,'.repeat(1 << 27) + '0]}', // more values than the module can hold
];

/** The code of every refusal in the type declarations. */
const codes = [
  'duplicate_member', 'inexact_number', 'invalid_argument', 'invalid_cursor', 'invalid_entity_tags', 'invalid_idempotency_key', 'invalid_json',
  'invalid_order_id', 'invalid_tenant_id', 'invalid_timestamp', 'invalid_version', 'not_an_object', 'out_of_range', 'too_long',
  'unknown_status',
];

const seen = new Set();

/** Describes a call that ended in another way than the types declare; `undefined` otherwise. Faster than `expect`, which would take most of the time. */
function flaw(name, args) {
  try {
    functions[name](...args);
  } catch (error) {
    // A trap is a WebAssembly.RuntimeError, without a code.
    const refused = codes.includes(error.code) && Object.getPrototypeOf(error) === Error.prototype && error.message !== '';
    if (!refused) return `${name}: ${error}`;
    seen.add(error.code);
  }
}

test.each(Object.keys(functions))('%s accepts or refuses arguments of every type', (name) => {
  const calls = hostile.flatMap((value) => [[value], [value, value], ['{}', value], ['draft', value], []]);
  expect(calls.map((args) => flaw(name, args)).filter(Boolean)).toEqual([]);
});

test('the module still works after the hostile calls', () => {
  expect(core.sameBody('{"a":1}', ' {"a":1.0}')).toBe(true);
  expect(core.decodeCursor(core.encodeCursor({ ts: '2024-01-01T00:00:00Z', id: crypto.randomUUID() })).ts).toMatch(/000Z$/);
  for (const code of codes) expect(seen).toContain(code);
});

test('random texts are accepted or refused', () => {
  const alphabet = ['{', '}', '[', ']', '"', ':', ',', '\\', 'u', 'd8', '0', '1', 'e', '-', '.', ' ', 'W/', '*', 'é', '\ud83d', '\ude00', '\0', 'eyJ'];
  let state = 42; // the same texts in every run
  const next = (bound) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % bound;
  for (let run = 0; run < 5_000; run++) {
    const text = Array.from({ length: next(24) }, () => alphabet[next(alphabet.length)]).join('');
    for (const name of Object.keys(functions)) expect(flaw(name, [text, text]), text).toBeUndefined();
  }
});

test('no member of an argument is read unless the function uses it', () => {
  expect(() => core.requestFingerprint({ toString: trap, toJSON: trap })).toThrow('must be a string');
  expect(() => core.encodeCursor(nothingToTouch)).toThrow('must be an object that can be read');
});
