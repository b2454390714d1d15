// usage: node with-service.js [FLAG... --] COMMAND ARGUMENT...
// Runs the command with ORDERS_URL set to a service of its own, which has these flags.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startService } from './service.js';

const given = process.argv.slice(2);
const flags = given[0].startsWith('-') ? given.splice(0, given.indexOf('--') + 1).slice(0, -1) : [];
const [command, ...args] = given;
const service = await startService(...flags);
try {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ORDERS_URL: service.url } });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
} finally {
  await service.stop();
}
