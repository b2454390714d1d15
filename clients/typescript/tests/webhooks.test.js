import { Orders, OrdersError, UnknownEventError, verifyWebhook, WebhookVerificationError } from '@orders/client';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startService } from 'testing/service.js';
import { expect, onTestFinished, test, vi } from 'vitest';

const secretOf = (byte, length = 32) => `whsec_${Buffer.alloc(length, byte).toString('base64')}`;
const [SECRET, OTHER] = [secretOf('k'), secretOf('o')];
const NOW = 1_800_000_000_000;
const event = { type: 'orders.closed', subject: '0192f0c1-7a6e-7cc3-98a5-3d1f5c0b7e11', data: { totalCents: 1234 } };
const BODY = JSON.stringify(event);

/** The headers by the specification of Standard Webhooks. */
function sign(body = BODY, secret = SECRET, timestamp = NOW / 1000) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`e.${timestamp}.`).update(body).digest('base64');
  return { 'webhook-id': 'e', 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}

const verify = (headers, { body = BODY, secret = SECRET, now = NOW, tolerance } = {}) => verifyWebhook(secret, headers, body, { now, tolerance });

async function refused(headers, options) {
  const error = await verify(headers, options).catch((error) => error);
  expect(error).toBeInstanceOf(WebhookVerificationError);
  expect(error).toBeInstanceOf(OrdersError);
  return error.message;
}

test('the example of Standard Webhooks verifies', async () => {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const options = { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', body: '{"test": 2432232314}', now: 1614265330_000 };
  await expect(verify(headers, options)).rejects.toBeInstanceOf(UnknownEventError);
});

test('a signed request becomes its event, from text and bytes, and from headers of any server', async () => {
  const upper = Object.fromEntries(Object.entries(sign()).map(([name, value]) => [name.toUpperCase(), value]));
  for (const headers of [sign(), upper, new Headers(sign())]) expect(await verify(headers)).toEqual(event);
  for (const body of [Buffer.from(BODY), new TextEncoder().encode(BODY)]) expect(await verify(sign(), { body })).toEqual(event);
});

test('one of several signatures is enough', async () => {
  const [own, other] = [sign(), sign(BODY, OTHER)].map((headers) => headers['webhook-signature']);
  for (const signatures of [`${other} ${own}`, `${own} ${other}`, `v1a,xyz v2,${own.slice(3)} ${own}`]) {
    expect(await verify({ ...sign(), 'webhook-signature': signatures })).toEqual(event);
  }
  for (const signatures of [other, `v1a,${own.slice(3)}`, own.slice(3), `v2,${own.slice(3)}`, own.slice(0, 30), '', 'v1,', 'v1,é']) {
    expect(await refused({ ...sign(), 'webhook-signature': signatures })).toBe('no signature is that of the secret');
  }
});

test('a changed request is refused', async () => {
  await refused({ ...sign(), 'webhook-id': 'f' });
  await refused({ ...sign(), 'webhook-timestamp': String(NOW / 1000 + 1) });
  await refused(sign(), { body: BODY.replace('1234', '9234') });
  await refused(sign(), { body: `${BODY} ` });
  await refused(sign(), { secret: OTHER });
  for (const name of Object.keys(sign())) expect(await refused({ ...sign(), [name]: undefined })).toBe(`${name} is missing`);
});

test('a request may be five minutes old or early', async () => {
  for (const difference of [-300_000, 300_000]) expect(await verify(sign(), { now: NOW + difference })).toEqual(event);
  for (const difference of [-301_000, 301_000]) expect(await refused(sign(), { now: NOW + difference })).toMatch(/tolerance is 300 s$/);
  expect(await verify(sign(), { now: NOW + 3_000_000, tolerance: 3600 })).toEqual(event);
  await expect(verifyWebhook(SECRET, sign(), BODY)).rejects.toThrow(/^signed -?\d+ s ago/); // the clock of this machine
  for (const timestamp of ['', 'soon', '-1', '1.5', 'Infinity']) {
    expect(await refused(sign(BODY, SECRET, timestamp))).toBe('webhook-timestamp is not a number of seconds');
  }
});

test.each([
  ['{"type":"orders.cancelled"}', 'orders.cancelled'],
  ['{"type":1}', undefined],
  ['null', undefined],
  ['no JSON', undefined],
])('a genuine event that is not known is an error of its own: %s', async (body, type) => {
  const error = await verify(sign(body), { body }).catch((error) => error);
  expect(error).toBeInstanceOf(UnknownEventError);
  expect(error.type).toBe(type);
});

test.each(['', 'whsec_', SECRET.slice(6), 'whsec_!', 'whsec_é', secretOf('k', 23), secretOf('k', 65)])('a malformed secret is refused', async (secret) => {
  const rejection = expect(verify(sign(), { secret })).rejects;
  await rejection.toThrow(new TypeError('the secret must be `whsec_` and 24 to 64 bytes in Base64'));
});

test('the receiver of the README accepts signed requests only', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, , example] = readme.split(/```js\n/).map((part) => part.split('```')[0]);
  const code = example.replace(/^import .*$/m, '').replace('export async', 'return async');
  const receive = new Function('verifyWebhook', 'WebhookVerificationError', code)(verifyWebhook, WebhookVerificationError);
  const log = vi.spyOn(console, 'log').mockReturnValue();
  onTestFinished(() => log.mockRestore());
  const statuses = [BODY, `${BODY} `].map(async (body) => {
    const headers = sign(BODY, SECRET, Math.floor(Date.now() / 1000));
    return (await receive(new Request('http://localhost/', { method: 'POST', headers, body }), SECRET)).status;
  });
  expect(await Promise.all(statuses)).toEqual([204, 401]);
  expect(log.mock.calls).toEqual([['orders.closed', 1234]]);
});

test('what the service sends verifies with either of its secrets', async () => {
  const receiver = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => receiver.close());
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${receiver.address().port}/events`;
  const service = await startService('--publisher', url, '--webhook-secrets', `${SECRET},${OTHER}`);
  onTestFinished(service.stop);

  const orders = new Orders({ baseUrl: service.url, tenantId: 'acme' });
  const arrives = once(receiver, 'request');
  const closed = await orders.close(await orders.confirm(await orders.create(), 1234));
  const [request, response] = await arrives;
  const body = await buffer(request);
  response.writeHead(204).end();

  const received = await verifyWebhook(SECRET, request.headers, body);
  expect(received).toEqual(await verifyWebhook(OTHER, request.headers, body));
  const { updatedAt } = await orders.get(closed.id);
  const data = { orderId: closed.id, tenantId: 'acme', totalCents: 1234, closedAt: updatedAt };
  expect(received).toMatchObject({ type: 'orders.closed', subject: closed.id, tenantid: 'acme', data });
  const changed = Buffer.from(body.toString().replace('1234', '9999'));
  await expect(verifyWebhook(SECRET, request.headers, changed)).rejects.toBeInstanceOf(WebhookVerificationError);
});
