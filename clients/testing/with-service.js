// usage: node with-service.js COMMAND ARGUMENT...    runs the command with ORDERS_URL set to a service of its own

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startService } from './service.js';

const [command, ...args] = process.argv.slice(2);
const service = await startService();
try {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ORDERS_URL: service.url } });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
} finally {
  await service.stop();
}
