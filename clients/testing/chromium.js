import { existsSync } from 'node:fs';
import { chromium as playwright } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** The path of Chromium: the environment variable CHROMIUM, or Debian's path. */
export function chromium() {
  const executablePath = process.env.CHROMIUM ?? places.find(existsSync);
  if (!executablePath) throw new Error('Chromium is missing: please install it, or name it in CHROMIUM');
  // Chromium has no sandbox for root. Every page of the tests is our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return playwright.launch({ executablePath, args: [...args, '--disable-background-networking', '--disable-dev-shm-usage'] });
}
