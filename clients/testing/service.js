import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const root = new URL('../..', import.meta.url).pathname;

/** Starts the service on a free port with a private PostgreSQL, whose data is removed at the end. Without an admin listener unless a flag names one. */
export async function startService(...more) {
  const binary = await build();
  const directory = await mkdtemp(join(tmpdir(), 'orders-'));
  await chmod(directory, 0o755); // PostgreSQL runs as another user when started by root
  // Some tests serve their pages from another origin.
  const flags = ['--listen', '127.0.0.1:0', '--drain-delay', '0s', '--cors-origins', '*'];
  if (!more.includes('--admin-listen')) flags.push('--admin-listen', '');
  flags.push('--data-dir', join(directory, 'data'), ...more);
  const child = spawn(binary, ['serve', ...flags], {
    env: { ...process.env, DATABASE_URL: undefined, ORDERS_LOG: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    return { url: await address(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Builds the binary with the profile of the Rust tests and returns the path that cargo reports. */
async function build() {
  const cargo = ['build', '--quiet', '--package', 'orders-server', '--bin', 'orders', '--message-format', 'json'];
  const { stdout } = await promisify(execFile)('cargo', cargo, { cwd: root, maxBuffer: 1 << 26 });
  const messages = stdout.trim().split('\n').map((line) => JSON.parse(line));
  return messages.find(({ target, executable }) => executable && target.name === 'orders').executable;
}

function address(child) {
  return new Promise((resolve, reject) => {
    const said = [];
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on('line', (line) => {
        said.push(line);
        const listens = /listens on (http:\/\/[0-9.:]+)/.exec(line);
        if (listens) resolve(listens[1]);
      });
    }
    child.once('exit', (code) => reject(new Error(`orders ended with ${code}:\n${said.join('\n')}`)));
  });
}
