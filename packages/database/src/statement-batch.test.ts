import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase, type Queryable } from './database.ts';
import { connectTo, throughPort } from './testing/postgres-address.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
/** Of one connection, and through {@link countAnswers}. */
let lone: Database;
let answers: Answers;

beforeAll(async () => {
  test = await createTestDatabase();
  answers = await countAnswers(test.connectionString);
  lone = openDatabase({ connectionString: answers.connectionString, maxConnections: 1 });
  await lone.query({ text: 'create table noted (number integer, ordinal bigserial)' });
});
beforeEach(() => lone.query({ text: 'truncate noted' }));
afterAll(async () => {
  await lone.close();
  answers.close();
  await test.drop();
});

const note = (client: Queryable, number: unknown) =>
  client.query({ name: 'note', text: 'insert into noted values ($1) returning ordinal', values: [number] });

async function noted(): Promise<unknown[]> {
  const { rows } = await lone.query({ text: 'select number from noted order by ordinal' });
  return rows.map(({ number }) => number);
}

describe('statements of a transaction that are asked for together', () => {
  it('are answered together, with its BEGIN, each with what is its own', async () => {
    const before = answers.count();
    const [first, none, second] = await lone.inTransaction((client) =>
      Promise.all([
        note(client, 1),
        client.query({ text: 'delete from noted where number = $1', values: [7] }),
        note(client, 2),
      ]),
    );
    // These and COMMIT.
    expect(answers.count() - before).toBe(2);
    expect([first.rowCount, none.rowCount, second.rowCount]).toEqual([1, 0, 1]);
    expect(Number(second.rows[0]?.['ordinal'])).toBe(Number(first.rows[0]?.['ordinal']) + 1);
    expect(await noted()).toEqual([1, 2]);
  });

  it('keep their order where one is a text of several', async () => {
    await lone.inTransaction((client) =>
      Promise.all([
        note(client, 1),
        client.query({ text: 'update noted set number = number + 1; update noted set number = number * 10' }),
        note(client, 3),
      ]),
    );
    expect(await noted()).toEqual([20, 3]);
  });

  it('fail with the first that does: what is behind is not done, and can be asked later', async () => {
    const fresh = { name: 'behind-a-failure', text: 'select count(*)::int from noted where number > $1' };
    const outcome = lone.inTransaction(async (client) => {
      const all = await Promise.allSettled([
        note(client, 1),
        note(client, 'none'),
        client.query({ ...fresh, values: [0] }),
      ]);
      expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    });
    await expect(outcome).rejects.toMatchObject({ code: 'data', sqlState: '22P02' });
    expect(await noted()).toEqual([]);
    const { rows } = await lone.query({ ...fresh, values: [0] });
    expect(rows).toEqual([{ count: 0 }]);
  });

  it('fail with one that cannot be sent', async () => {
    const endless: unknown[] = [];
    endless.push({ endless });
    const outcome = lone.inTransaction((client) =>
      Promise.all([note(client, 1), note(client, { endless }), note(client, 2)]),
    );
    await expect(outcome).rejects.toThrow('PostgreSQL did not answer the statement');
    expect(await noted()).toEqual([]);
    await lone.inTransaction((client) => note(client, 3));
    expect(await noted()).toEqual([3]);
  });
});

interface Answers {
  /** PostgreSQL through here. */
  readonly connectionString: string;
  /** How often it has been ready for the next question so far. */
  readonly count: () => number;
  readonly close: () => void;
}

/** Type of a message of PostgreSQL's: ReadyForQuery. */
const READY = 'Z'.charCodeAt(0);

async function countAnswers(connectionString: string): Promise<Answers> {
  let count = 0;
  const proxy = createServer((client) => {
    const server = connectTo(connectionString);
    let rest = Buffer.alloc(0);
    server.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      // A type of one byte, and a length that counts itself.
      while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
        if (rest[0] === READY) count += 1;
        rest = rest.subarray(1 + rest.readUInt32BE(1));
      }
    });
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    connectionString: throughPort(connectionString, port),
    count: () => count,
    close: () => proxy.close(),
  };
}
