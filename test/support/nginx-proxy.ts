/** The reverse proxy of docker-compose.yml as a process: nginx with deploy/nginx.conf, in front of services on this machine. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ReverseProxy, Upstreams } from './reverse-proxy.ts';

const run = promisify(execFile);
const deploy = path.join(import.meta.dirname, '..', '..', 'deploy');
const PROGRAMS = ['nginx', '/usr/sbin/nginx'];

/** The nginx of this machine; undefined if there is none. */
export async function findNginx(): Promise<string | undefined> {
  for (const program of PROGRAMS) {
    const found = await run(program, ['-v']).then(
      () => true,
      () => false,
    );
    if (found) return program;
  }
  return undefined;
}

/** Starts nginx on a free port of the loopback address; it takes requests when this returns. */
export async function startNginxProxy(nginx: string, upstreams: Upstreams): Promise<ReverseProxy> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sandyq-proxy-'));
  const port = await freePort();
  const text = await readFile(path.join(deploy, 'nginx.conf'), 'utf8');
  await writeFile(path.join(folder, 'nginx.conf'), adapt(text, folder, port, upstreams));
  const args = ['-c', path.join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'];
  const process = spawn(nginx, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = async (): Promise<void> => {
    await end(process);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  if (await answers(url, process)) return { url, stop };
  await stop();
  throw new Error('nginx did not start; what it said is above');
}

/** The same file with the addresses, the port and the folders of this machine. */
function adapt(text: string, folder: string, port: number, upstreams: Upstreams): string {
  const services = Object.entries(upstreams) as [string, readonly string[]][];
  const addressed = services.reduce((before, [service, urls]) => {
    const servers = urls.map((url) => `server ${new URL(url).host};`).join(' ');
    return before.replace(`server ${service}:8080;`, servers);
  }, text);
  return `daemon off;\nmaster_process off;\n${addressed}`
    .replaceAll('/tmp/nginx', path.join(folder, 'nginx'))
    .replace('listen 8080;', `listen 127.0.0.1:${port};`);
}

async function answers(url: string, process: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 250 && process.exitCode === null; attempt += 1) {
    const reached = await fetch(url).then(
      () => true,
      () => false,
    );
    if (reached) return true;
    await delay(20);
  }
  return false;
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exited = once(process, 'exit');
  process.kill('SIGTERM');
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
