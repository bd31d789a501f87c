// A real S3 server for tests: one given by the environment, or Ceph started by scripts/ceph-up.sh and shared by all
// test files of a run. Where neither can be had, tests are skipped with the reason; in CI that is an error.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Where an S3 server is, and a bucket that exists. */
export interface S3TestServer {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** A server for one test file: either it is there, or the reason why not is. */
export type S3ForTests =
  | { readonly server: S3TestServer; readonly reason?: never; readonly release: () => Promise<void> }
  | { readonly server?: never; readonly reason: string; readonly release: () => Promise<void> };

const run = promisify(execFile);
const scripts = fileURLToPath(new URL('../../../../scripts/', import.meta.url));
const variables = {
  endpoint: 'SANDYQ_TEST_S3_ENDPOINT',
  region: 'SANDYQ_TEST_S3_REGION',
  bucket: 'SANDYQ_TEST_S3_BUCKET',
  accessKey: 'SANDYQ_TEST_S3_ACCESS_KEY',
  secretKey: 'SANDYQ_TEST_S3_SECRET_KEY',
} as const;
/** Set by {@link startCeph} where no server could be had, so that test files do not all try again. */
const reasonVariable = 'SANDYQ_TEST_S3_UNAVAILABLE';

/** One Ceph in one folder. */
export class CephServer {
  readonly #folder: string;
  readonly #token = `${process.pid}-${randomUUID()}`;

  /** `folder`: by default the one that all test runs of this machine share. */
  constructor(folder: string = process.env['SANDYQ_CEPH_DIR'] ?? join(tmpdir(), 'sandyq-ceph')) {
    this.#folder = folder;
  }

  /** Installs what is missing, starts what does not run, and returns when the bucket can be used. */
  async start(): Promise<S3TestServer> {
    const [port, monitorPort] = await freePorts(2);
    const ports = { SANDYQ_CEPH_PORT: String(port), SANDYQ_CEPH_MON_PORT: String(monitorPort) };
    const { stdout } = await run(join(scripts, 'ceph-up.sh'), ['--user', this.#token], {
      env: { ...ports, ...process.env, SANDYQ_CEPH_DIR: this.#folder },
    });
    const settings = new Map(stdout.split('\n').map((line) => splitAt(line, '=')));
    const setting = (name: string): string => settings.get(name) ?? '';
    return {
      endpoint: setting('S3_ENDPOINT'),
      region: setting('S3_REGION'),
      bucket: setting('S3_BUCKET'),
      accessKey: setting('S3_ACCESS_KEY'),
      secretKey: setting('S3_SECRET_KEY'),
    };
  }

  /** Stops it and removes its data, unless another test run still uses it. */
  async stop(): Promise<void> {
    await this.#down('--user', this.#token, '--purge');
  }

  /** Ends all its processes in one moment, as a power cut would; {@link start} brings it back with its data. */
  async kill(): Promise<void> {
    await this.#down('--kill');
  }

  async #down(...options: string[]): Promise<void> {
    const env = { ...process.env, SANDYQ_CEPH_DIR: this.#folder };
    await run(join(scripts, 'ceph-down.sh'), options, { env });
  }
}

let started: CephServer | undefined;

/**
 * For vitest's `globalSetup`: starts the server that all test files share, and tells them by environment variables
 * (`SANDYQ_TEST_S3_ENDPOINT` …). Does nothing if those are set already. Where no server can be had it notes the
 * reason, or throws when CI is true.
 */
export async function startCeph(): Promise<void> {
  if (serverOfEnvironment() !== undefined || process.env[reasonVariable] !== undefined) return;
  started = new CephServer();
  try {
    const server = await started.start();
    for (const name of Object.keys(variables) as (keyof S3TestServer)[])
      process.env[variables[name]] = server[name];
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    process.env[reasonVariable] = reasonOf(error);
  }
}

/** Stops what {@link startCeph} started; for the end of `globalSetup`. */
export async function stopCeph(): Promise<void> {
  if (started === undefined) return;
  for (const name of [...Object.values(variables), reasonVariable]) delete process.env[name];
  await started.stop();
  started = undefined;
}

/** For a test file: the server of the environment, or one of its own for as long as it needs it (`release`). */
export async function s3ForTests(): Promise<S3ForTests> {
  await startCeph();
  const server = serverOfEnvironment();
  if (server !== undefined) return { server, release: stopCeph };
  const reason = process.env[reasonVariable] ?? 'no S3 server';
  if (process.env['CI'] === 'true') throw new Error(`no S3 server for the tests: ${reason}`);
  process.stderr.write(`S3 tests are skipped: ${reason}\n`);
  return { reason: `(skipped: ${reason})`, release: stopCeph };
}

function serverOfEnvironment(): S3TestServer | undefined {
  const { endpoint, region, bucket, accessKey, secretKey } = variables;
  const [at, where, name, access, secret] = [endpoint, region, bucket, accessKey, secretKey].map(
    (variable) => process.env[variable],
  );
  if (!at || !where || !name || !access || !secret) return undefined;
  return { endpoint: at, region: where, bucket: name, accessKey: access, secretKey: secret };
}

/** The last thing that the script said. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return said.trim().split('\n').at(-1) ?? 'unknown';
}

function splitAt(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
