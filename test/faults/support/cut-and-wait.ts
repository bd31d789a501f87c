/** Connections that break off, and waiting for what an archive comes to by itself. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { get } from '../../support/dicomweb.ts';
import type { SentInstance } from './sent-instances.ts';

/** A request, and after how many bytes of its body it breaks off. */
export interface Cut {
  readonly contentType: string;
  readonly body: Buffer;
  readonly cutAt: number;
}

/** Announces the whole body, sends a part of it, and breaks the connection. */
export async function sendAndCut(url: string, cut: Cut): Promise<void> {
  const socket = await sendPart(url, cut);
  await sleep(200);
  socket.destroy();
}

/** Announces the whole body, sends a part of it, and then nothing. Resolves with the first words of the answer. */
export async function sendAndStall(url: string, cut: Cut): Promise<string> {
  const socket = await sendPart(url, cut);
  const answer = await new Promise<string>((resolve) => {
    socket.once('data', (bytes) => resolve(bytes.toString('latin1')));
    socket.once('close', () => resolve(''));
  });
  socket.destroy();
  return answer.slice(0, answer.indexOf('\r\n'));
}

async function sendPart(url: string, { contentType, body, cutAt }: Cut): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // The archive may be the first to leave.
  socket.on('error', () => undefined);
  socket.write(
    `POST /dicom-web/studies HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: ${contentType}\r\n` +
      `Content-Length: ${body.length}\r\n\r\n`,
  );
  await new Promise((resolve) => socket.write(body.subarray(0, cutAt), resolve));
  return socket;
}

/** What is asked of database and store is believed for a second. */
export async function untilAnswers(url: string, status: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  while ((await get(url)).status !== status) {
    if (performance.now() > deadline) throw new Error(`${url} does not answer ${status}`);
    await sleep(100);
  }
}

/** Waits until a search finds all of them. */
export async function untilStored(url: string, instances: readonly SentInstance[]): Promise<void> {
  const wanted = instances.map(({ sopInstanceUid }) => sopInstanceUid).join(',');
  const deadline = performance.now() + 20_000;
  for (;;) {
    const { status, body } = await get(`${url}/dicom-web/instances?SOPInstanceUID=${wanted}`, {
      Accept: 'application/dicom+json',
    });
    const found = status === 200 ? (JSON.parse(body.toString('utf8')) as unknown[]).length : 0;
    if (found === instances.length) return;
    if (performance.now() > deadline) throw new Error(`${found} of ${instances.length} are stored`);
    await sleep(50);
  }
}
