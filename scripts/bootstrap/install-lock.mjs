/**
 * One installation at a time per checkout. The lock is a listening local socket: it is free the moment its holder ends, in
 * whatever way, and those who wait are told by their connection closing.
 */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @param {string} root
 * @param {() => void} onWait called once, if another process holds the lock
 * @returns {Promise<{ release: () => void }>}
 */
export async function takeInstallLock(root, onWait) {
  const name = `sandyq-install-${createHash('sha256').update(root).digest('hex').slice(0, 24)}`;
  // Linux: a name in the kernel, not a file.
  const address = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
  let told = false;
  for (;;) {
    const lock = await listen(address);
    if (lock !== undefined) return lock;
    if (!told) onWait();
    told = true;
    if ((await waitForHolder(address)) === 'nobody' && !address.startsWith('\0'))
      await rm(address, { force: true });
  }
}

/** @param {string} address */
function listen(address) {
  const waiting = new Set();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => waiting.delete(socket));
  });
  const release = () => {
    server.close();
    for (const socket of waiting) socket.destroy();
  };
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen({ path: address }, () => resolve({ release }));
  });
}

/** Until the holder is gone; `nobody` if there was none (a stale socket file). @param {string} address */
function waitForHolder(address) {
  return new Promise((resolve) => {
    const socket = connect({ path: address });
    socket.once('error', () => resolve('nobody'));
    socket.once('close', () => resolve('gone'));
    socket.resume();
  });
}
