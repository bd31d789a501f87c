import { describe, expect, it } from 'vitest';
import { describeError } from './log-error.ts';
import { REFUSED, safeValue } from './log-fields.ts';
import { createLogger, recordingLogger } from './logger.ts';

class StorageError extends Error {
  readonly code = 'not-found';
}

/** As pg throws it: the detail names a patient. */
function databaseError(): Error {
  return Object.assign(
    new Error('duplicate key value violates unique constraint "patient_identifier_pkey"'),
    {
      name: 'error',
      code: '23505',
      detail: 'Key (value)=(880101300123 Ivanov) already exists.',
      where: 'COPY patient, line 1: "Ivanov"',
      constraint: 'patient_identifier_pkey',
      table: 'patient_identifier',
    },
  );
}

describe('a log line', () => {
  it('is JSON with level, time, service, event and the fields', () => {
    const written: string[] = [];
    const logger = createLogger({
      name: 'ingest',
      destination: { write: (line) => void written.push(line) },
    });
    logger.info('segment-sealed', {
      bytes: 42,
      segmentId: '0190c0de-0000-7000-8000-000000000001',
      first: true,
    });
    logger.debug('not-at-this-level');
    expect(written).toHaveLength(1);
    expect(written[0]?.endsWith('\n')).toBe(true);
    expect(JSON.parse(written[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'ingest',
      event: 'segment-sealed',
      bytes: 42,
      segmentId: '0190c0de-0000-7000-8000-000000000001',
      first: true,
    });
  });

  it('of a child carries the fields of its parents', () => {
    const { logger, lines } = recordingLogger();
    logger.child({ requestId: 'r-1' }).child({ attempt: 2 }).warn('retry', { code: 'unavailable' });
    expect(lines).toMatchObject([
      { level: 'warn', event: 'retry', requestId: 'r-1', attempt: 2, code: 'unavailable' },
    ]);
  });

  it('cannot have its own event or level replaced by a field', () => {
    const { logger, lines } = recordingLogger();
    // @ts-expect-error not a name of a field
    logger.info('started', { level: 'error' });
    expect(lines[0]).toMatchObject({ level: 'info', event: 'started' });
  });
});

describe('patient data', () => {
  it('is refused by the compiler', () => {
    const { logger, lines } = recordingLogger();
    // @ts-expect-error text under a name that is not listed
    logger.info('stored', { patientName: 'Ivanov^Ivan' });
    // @ts-expect-error objects and data sets
    logger.info('stored', { dataSet: { '00100010': 'x' } });
    // @ts-expect-error also in a child's fields
    logger.child({ study: '1.2.3' });
    logger.error('failed', { error: new Error('anything goes here'), bytes: 1 });
    expect(JSON.stringify(lines)).not.toMatch(/Ivanov|00100010|1\.2\.3|anything/);
  });

  it.each([
    ['patientName', 'Ivanov^Ivan'],
    ['query', '?PatientID=1'],
    ['reason', 'Иванов'],
    ['reason', 'patient 880101300123'],
    ['reason', 'born 19880101'],
    ['key', 'studies/1.2.826.0.1.3680043.8.498.1'],
    ['transferSyntax', '1.2.826.0.1.3680043.8.498.1'],
    ['deviceId', '880101300123'],
    ['code', `A${'a'.repeat(400)}`],
    ['dataSet', { PatientName: 'x' }],
    ['list', ['Ivanov']],
    ['bad name', 1],
  ])('is refused at run time: %s', (name, value) => {
    const { logger, lines } = recordingLogger();
    // @ts-expect-error the guard is for what the compiler could not see
    logger.info('stored', { [name]: value });
    expect(lines[0]?.[name]).toBe(REFUSED);
  });

  it('cannot be an event', () => {
    const { logger, lines } = recordingLogger();
    logger.info('stored Ivanov^Ivan');
    expect(lines[0]?.event).toBe('invalid-event');
  });

  it.each([
    ['transferSyntax', '1.2.840.10008.1.2.1'],
    ['cursor', '3:1234567'],
    ['deviceId', '1234567'],
    [
      'key',
      'v1/ab/0123456789abcdef0123456789abcdef/0190c0de-0000-7000-8000-000000000001-0123456789012345.tar',
    ],
    ['host', '127.0.0.1'],
    ['version', '24.21.0'],
  ])('is not what ids of ours look like: %s', (name, value) => {
    expect(safeValue(name, value)).toBe(value);
  });
});

describe('an error in the log', () => {
  it('of PostgreSQL gives code, constraint and table, never message or detail', () => {
    const { logger, lines } = recordingLogger();
    logger.error('commit-failed', { error: databaseError() });
    expect(lines[0]?.['error']).toEqual({
      type: 'error',
      code: '23505',
      constraint: 'patient_identifier_pkey',
      table: 'patient_identifier',
      at: expect.any(Array),
    });
    expect(JSON.stringify(lines)).not.toMatch(/Ivanov|880101300123|duplicate/);
  });

  it('of ours gives its message, and what caused it', () => {
    const error = new StorageError('The object is not there.', { cause: databaseError() });
    expect(describeError(error)).toMatchObject({
      type: 'StorageError',
      code: 'not-found',
      message: 'The object is not there.',
      cause: { code: '23505' },
    });
  });

  it('of ours with a UID in its message loses the message', () => {
    expect(describeError(new StorageError('no study 1.2.826.0.1.3680043.8')).message).toBe(REFUSED);
  });

  it('shows where it was thrown, without the message that stands before the frames', () => {
    const { at } = describeError(new Error('Ivanov\n    at Ivanov (Ivanov:1:1)\nIvanov'));
    expect(at?.[0]).toContain('logger.test.ts');
    expect(at?.join()).not.toContain('Ivanov');
  });

  it('may be anything that was thrown, in any depth', () => {
    const looped = new Error('x');
    looped.cause = looped;
    expect(describeError('Ivanov')).toEqual({ type: 'string' });
    expect(describeError(null)).toEqual({ type: 'object' });
    expect(JSON.stringify(describeError(looped)).match(/"cause"/g)).toHaveLength(3);
    expect(describeError(new AggregateError(['a', 'b', 'c', 'd'])).errors).toHaveLength(3);
  });
});
