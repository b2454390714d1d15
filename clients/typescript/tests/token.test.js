import { ForbiddenError, Orders, UnauthenticatedError } from '@orders/client';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from 'testing/service.js';
import { afterAll, beforeAll, expect, test } from 'vitest';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
let directory;
let service;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keys-'));
  const keys = join(directory, 'keys.json');
  await writeFile(keys, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] }));
  service = await startService('--auth', 'jwt', '--jwks', keys, '--jwt-issuer', 'tests', '--jwt-audience', 'orders');
});
afterAll(async () => {
  await service?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** A token that is valid for so many seconds. */
function token(seconds = 60, scope = 'orders:read orders:write') {
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const parts = [{ alg: 'EdDSA', kid: 'k' }, { iss: 'tests', aud: 'orders', exp, tenant: 'acme', scope }];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

const client = (token, tenantId = 'acme') => new Orders({ baseUrl: service.url, tenantId, token });

test('a token opens the orders of its tenant', async () => {
  const orders = client(token());
  const draft = await orders.create();
  expect(await orders.get(draft.id)).toMatchObject({ tenantId: 'acme', status: 'draft' });
});

test('a function gives each request its token', async () => {
  const tokens = [token(), token()];
  const orders = client(async () => tokens.shift());
  await orders.list();
  await orders.list();
  expect(tokens).toEqual([]);
});

test('a missing or expired token is an error of its own and is not retried', async () => {
  await expect(client().list()).rejects.toBeInstanceOf(UnauthenticatedError);
  await expect(client(token(-60)).list()).rejects.toThrow('the token has expired');
});

test('a token without the scope or for another tenant is forbidden', async () => {
  await expect(client(token(60, 'orders:read')).create()).rejects.toBeInstanceOf(ForbiddenError);
  await expect(client(token(), 'other').list()).rejects.toBeInstanceOf(ForbiddenError);
});
