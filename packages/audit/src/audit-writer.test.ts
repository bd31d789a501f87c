import { recordingLogger } from '@sandyq/telemetry';
import { describe, expect, it } from 'vitest';
import { type AuditEvent, memoryAudit } from './audit-event.ts';
import { type AuditWriterOptions, createAuditWriter } from './audit-writer.ts';
import { AuditError } from './errors.ts';

function event(requestId: string, more: Partial<AuditEvent> = {}): AuditEvent {
  return {
    occurredAt: new Date(0),
    requestId,
    principalKind: 'person',
    principalId: 'key',
    action: 'retrieve',
    allowed: true,
    reason: 'role-permits',
    ...more,
  };
}

/** A writer whose inserts end when the test says so. */
function setUp(options: Partial<AuditWriterOptions> = {}) {
  const inserts: { events: readonly AuditEvent[]; end: (error?: Error) => void }[] = [];
  const { logger, lines } = recordingLogger();
  const insert = (events: readonly AuditEvent[]) =>
    new Promise<void>((resolve, reject) => {
      inserts.push({ events, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  return { inserts, lines, writer: createAuditWriter({ insert, logger, ...options }) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const ids = (events: readonly AuditEvent[] | undefined) => events?.map(({ requestId }) => requestId);

describe('the audit writer', () => {
  it('resolves an event only when its group is durable; what comes meanwhile is the next group', async () => {
    const { inserts, writer } = setUp();
    const done: string[] = [];
    const record = (id: string) => writer.record(event(id)).then(() => done.push(id));
    const first = [record('a'), record('b')];
    await turn();
    const second = [record('c'), record('d'), record('e')];
    await turn();
    expect(inserts.map(({ events }) => ids(events))).toEqual([['a', 'b']]);
    expect(done).toEqual([]);
    inserts[0]?.end();
    await Promise.all(first);
    await turn();
    expect(done).toEqual(['a', 'b']);
    expect(ids(inserts[1]?.events)).toEqual(['c', 'd', 'e']);
    inserts[1]?.end();
    await Promise.all(second);
  });

  it('bounds a group', async () => {
    const { inserts, writer } = setUp({ maxGroup: 2 });
    const all = ['a', 'b', 'c'].map((id) => writer.record(event(id)));
    await turn();
    inserts[0]?.end();
    await turn();
    inserts[1]?.end();
    await Promise.all(all);
    expect(inserts.map(({ events }) => ids(events))).toEqual([['a', 'b'], ['c']]);
  });

  it('rejects every event of a group that could not be written, says so in the log, and goes on', async () => {
    const { inserts, lines, writer } = setUp();
    const failed = Promise.allSettled([writer.record(event('a')), writer.record(event('b'))]);
    await turn();
    inserts[0]?.end(new Error('value "Ivanov" too long'));
    const results = await failed;
    for (const result of results) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'audit-unavailable', retryable: true },
      });
    }
    expect(lines).toMatchObject([{ level: 'error', event: 'audit-not-written', events: 2 }]);
    expect(JSON.stringify(lines)).not.toContain('Ivanov');
    const next = writer.record(event('c'));
    await turn();
    inserts[1]?.end();
    await expect(next).resolves.toBeUndefined();
  });

  it('rejects at once what is beyond its bound', async () => {
    const { inserts, writer } = setUp({ maxWaiting: 2 });
    const taken = [writer.record(event('a')), writer.record(event('b'))];
    await expect(writer.record(event('c'))).rejects.toMatchObject({
      constructor: AuditError,
      code: 'audit-overloaded',
    });
    await turn();
    inserts[0]?.end();
    await Promise.all(taken);
  });

  it('writes what it has taken before it closes, and takes no more', async () => {
    const { inserts, writer } = setUp();
    const taken = writer.record(event('a'));
    let closed = false;
    const closing = writer.close().then(() => (closed = true));
    await expect(writer.record(event('b'))).rejects.toMatchObject({ code: 'audit-closed' });
    await turn();
    expect(closed).toBe(false);
    inserts[0]?.end();
    await Promise.all([taken, closing]);
  });

  it('makes text from a request storable', async () => {
    const { inserts, writer } = setUp();
    const taken = writer.record(
      event('a', { studyInstanceUid: `1\0\ud800${'9'.repeat(500)}`, remoteAddress: '::1' }),
    );
    await turn();
    expect(inserts[0]?.events[0]?.studyInstanceUid).toBe(`1\u{FFFD}\u{FFFD}${'9'.repeat(125)}`);
    expect(inserts[0]?.events[0]?.remoteAddress).toBe('::1');
    inserts[0]?.end();
    await taken;
  });
});

it('the sink for tests keeps events in order', async () => {
  const audit = memoryAudit();
  await audit.record(event('a'));
  await audit.record(event('b'));
  expect(ids(audit.events)).toEqual(['a', 'b']);
});
