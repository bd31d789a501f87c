import { setTimeout as sleep } from 'node:timers/promises';
import { AdmissionControl } from '@sandyq/http';
import { describe, expect, it } from 'vitest';
import { AdmittedBody } from './admitted-body.ts';
import { ReadingTurns } from './reading-turns.ts';

const MIB = 2 ** 20;
const STALL_MS = 60;
const turns = new ReadingTurns();

async function reservationOf(bytes: number) {
  const control = new AdmissionControl({
    maxInFlightBytes: 20 * MIB,
    maxInFlightBytesPerSender: 20 * MIB,
    minFreeDiskBytes: 0,
    freeDiskBytes: () => Promise.resolve(1_000 * MIB),
  });
  await control.admit('other', 4 * MIB);
  return control.admit('sender', bytes);
}

/** A sender that pauses before each chunk. */
async function* chunks(sizes: readonly number[], pauseMs: number): AsyncGenerator<Uint8Array> {
  for (const size of sizes) {
    await sleep(pauseMs);
    yield new Uint8Array(size);
  }
}

async function lengthOf(body: AdmittedBody, pauseMs = 0): Promise<number> {
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (pauseMs > 0) await sleep(pauseMs);
  }
  return length;
}

describe('the body of a Store request', () => {
  it('of unknown length is reserved before it is taken, and ended where there is no room', async () => {
    const reservation = await reservationOf(1);
    const body = new AdmittedBody(
      chunks(
        Array.from({ length: 30 }, () => MIB),
        0,
      ),
      {
        reservation,
        stallMs: STALL_MS,
        turns,
      },
    );
    const ended = await lengthOf(body).catch((error: unknown) => error);
    expect(ended).toMatchObject({ code: 'overloaded' });
    expect(body.refusal).toBe(ended);
    expect(reservation.bytes).toBeLessThanOrEqual(16 * MIB);
  });

  it('of a sender that brings next to nothing is given up', async () => {
    const body = new AdmittedBody(chunks([10, 10, 10, 10, 10, 10], STALL_MS / 3), {
      reservation: await reservationOf(MIB),
      stallMs: STALL_MS,
      turns,
    });
    await expect(lengthOf(body)).rejects.toMatchObject({ code: 'sender-stalled' });
    expect(body.refusal).toMatchObject({ code: 'sender-stalled' });
  });

  it('of a slow sender that goes on is taken, and so is one that the archive keeps waiting', async () => {
    const reservation = await reservationOf(MIB);
    const slow = new AdmittedBody(chunks([65_536, 65_536, 65_536], STALL_MS / 2), {
      reservation,
      stallMs: STALL_MS,
      turns,
    });
    expect(await lengthOf(slow)).toBe(3 * 65_536);
    const kept = new AdmittedBody(chunks([10, 10, 10], 1), { reservation, stallMs: STALL_MS, turns });
    expect(await lengthOf(kept, STALL_MS)).toBe(30);
  });
});
