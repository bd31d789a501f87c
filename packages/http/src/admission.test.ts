import { describe, expect, it } from 'vitest';
import { AdmissionControl, type AdmissionOptions } from './admission.ts';

const MIB = 2 ** 20;

function setUp(options: Partial<AdmissionOptions> = {}) {
  const disk = { free: 1000 * MIB, asked: 0, now: 0 };
  const control = new AdmissionControl({
    maxInFlightBytes: 100 * MIB,
    maxInFlightBytesPerSender: 50 * MIB,
    minFreeDiskBytes: 10 * MIB,
    freeDiskBytes: () => {
      disk.asked += 1;
      return Promise.resolve(disk.free);
    },
    monotonicMs: () => disk.now,
    ...options,
  });
  return { control, disk };
}

const overloaded = (retryAfterSeconds: number) => ({ code: 'overloaded', retryAfterSeconds });

describe('admission', () => {
  it('counts what is held and gives it back once', async () => {
    const { control } = setUp();
    const first = await control.admit('a', 30 * MIB);
    const second = await control.admit('b', 20 * MIB);
    expect(control.inFlightBytes).toBe(50 * MIB);
    expect(first.bytes).toBe(30 * MIB);
    first.release();
    first.release();
    expect(control.inFlightBytes).toBe(20 * MIB);
    second.release();
    expect(control.inFlightBytes).toBe(0);
  });

  it('bounds a sender and leaves the others alone', async () => {
    const { control } = setUp();
    const held = await control.admit('a', 40 * MIB);
    await expect(control.admit('a', 20 * MIB)).rejects.toMatchObject(overloaded(5));
    await control.admit('b', 20 * MIB);
    held.release();
    await control.admit('a', 20 * MIB);
    expect(control.inFlightBytes).toBe(40 * MIB);
  });

  it('bounds all together', async () => {
    const { control } = setUp();
    await control.admit('a', 50 * MIB);
    await control.admit('b', 50 * MIB);
    await expect(control.admit('c', 1)).rejects.toMatchObject(overloaded(5));
  });

  it('of requests at the same time does not pass the bound', async () => {
    const { control } = setUp();
    const asked = Array.from({ length: 30 }, (_, index) => control.admit(`s${index}`, 10 * MIB));
    const results = await Promise.allSettled(asked);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(control.inFlightBytes).toBe(100 * MIB);
  });

  it('takes one request that is larger than any bound, alone', async () => {
    const { control } = setUp();
    const huge = await control.admit('a', 500 * MIB);
    await expect(control.admit('a', 1)).rejects.toMatchObject(overloaded(5));
    await expect(control.admit('b', 1)).rejects.toMatchObject(overloaded(5));
    huge.release();
    await control.admit('b', 1);
    await expect(control.admit('a', 500 * MIB)).rejects.toMatchObject(overloaded(5));
  });

  it('keeps the disk from filling up, and asks it rarely', async () => {
    const { control, disk } = setUp();
    disk.free = 40 * MIB;
    await control.admit('a', 20 * MIB);
    await expect(control.admit('b', 11 * MIB)).rejects.toMatchObject(overloaded(60));
    await control.admit('b', 10 * MIB);
    expect(control.inFlightBytes).toBe(30 * MIB);
    expect(disk.asked).toBe(1);
    disk.free = 1000 * MIB;
    disk.now = 500;
    await control.admit('c', 11 * MIB);
    expect(disk.asked).toBe(2);
  });

  it('of a body of unknown length grows in steps, and what is refused leaves what is held', async () => {
    const { control } = setUp();
    await control.admit('b', 50 * MIB);
    const other = await control.admit('a', 20 * MIB);
    const growing = await control.admit('a', undefined);
    expect(growing.bytes).toBe(8 * MIB);
    await growing.growTo(8 * MIB);
    expect(growing.bytes).toBe(8 * MIB);
    await growing.growTo(8 * MIB + 1);
    expect(growing.bytes).toBe(16 * MIB);
    await expect(growing.growTo(40 * MIB)).rejects.toMatchObject(overloaded(5));
    expect(growing.bytes).toBe(16 * MIB);
    growing.release();
    other.release();
    expect(control.inFlightBytes).toBe(50 * MIB);
    await expect(growing.growTo(1)).rejects.toMatchObject({ code: 'internal' });
  });

  it('holds nothing when the disk can not be asked', async () => {
    const { control } = setUp({ freeDiskBytes: () => Promise.reject(new Error('gone')) });
    await expect(control.admit('a', 1)).rejects.toThrow('gone');
    expect(control.inFlightBytes).toBe(0);
  });

  it('lets so many in at a time, tells what is held, and lets nobody in who is refused', async () => {
    const told: { bytes: number; requests: number }[] = [];
    const { control, disk } = setUp({
      maxRequests: 2,
      maxWaitMs: 5_000,
      onChange: (held) => told.push(held),
    });
    const first = await control.admit('a', 10 * MIB);
    disk.free = 5 * MIB;
    disk.now += 1_000;
    await expect(control.admit('b', 10 * MIB)).rejects.toMatchObject(overloaded(60));
    expect(control.requestsInFlight).toBe(1);
    disk.free = 1000 * MIB;
    disk.now += 1_000;
    const second = await control.admit('b', 10 * MIB);
    const third = control.admit('c', 10 * MIB);
    first.release();
    (await third).release();
    second.release();
    expect(Math.max(...told.map(({ requests }) => requests))).toBe(2);
    expect(told.at(-1)).toEqual({ bytes: 0, requests: 0 });
  });
});
