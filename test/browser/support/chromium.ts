/** Headless Chromium of this machine, as Debian packages it; nothing is downloaded. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/** Whether tests in a browser may skip: never in CI. */
export const skipWithoutChromium = PROGRAM === undefined && process.env['CI'] !== 'true';

/** For the name of what is skipped: why; empty where there is a browser. */
export const chromiumNote = skipWithoutChromium ? ' (without Chromium: apt-get install chromium)' : '';

/** As root it has no sandbox; names of other machines resolve to nothing; what it would do on its own is off. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** Starts it; `close()` ends it. Fails where it is missing. */
export async function startChromium(): Promise<Browser> {
  if (PROGRAM === undefined) throw new Error('Chromium is not installed: apt-get install chromium');
  return chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS, timeout: 120_000 });
}

/** A window of its own (cache, credentials), and everything in it that should not have happened. */
export interface Watched {
  readonly context: BrowserContext;
  /** Requests to any other origin than the archive's. */
  readonly foreignRequests: string[];
  /** Errors on the console, and exceptions that nobody caught. */
  readonly errors: string[];
}

/** Opens a window whose pages are watched. */
export async function watchedContext(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1024, height: 700 },
    locale: 'en-GB',
    ...options,
  });
  context.setDefaultTimeout(60_000);
  const foreignRequests: string[] = [];
  const errors: string[] = [];
  context.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== url && protocol.startsWith('http')) foreignRequests.push(request.url());
  });
  context.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => errors.push(String(error.error())));
  return { context, foreignRequests, errors };
}
