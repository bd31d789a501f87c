/** The index of the floor: one row for an instance, and as few statements as there can be. */
import pg from 'pg';

/** Where an instance is, and what its bytes are. */
export interface IndexRow {
  readonly sopInstanceUid: string;
  /** Which request path it came by; for a whole study. */
  readonly push: string;
  readonly segment: string;
  readonly offset: number;
  readonly length: number;
  readonly sha256: Buffer;
  readonly crc32: number;
}

/** Rows of one request. */
interface Waiting {
  readonly rows: readonly IndexRow[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const CREATE = `CREATE TABLE IF NOT EXISTS floor_instance (
  sop_instance_uid text COLLATE "C" PRIMARY KEY,
  push text NOT NULL,
  segment text NOT NULL,
  "offset" bigint NOT NULL,
  length bigint NOT NULL,
  sha256 bytea NOT NULL,
  crc32 bigint NOT NULL)`;
const INSERT = {
  name: 'insert',
  text: `INSERT INTO floor_instance (sop_instance_uid, push, segment, "offset", length, sha256, crc32)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bigint[])`,
};
/** As a double, which holds every length exactly, a number comes without a parser of our own. */
const COLUMNS = `sop_instance_uid AS "sopInstanceUid", push, segment, "offset"::float8, length::float8, sha256, crc32::float8`;
const FIND = { name: 'find', text: `SELECT ${COLUMNS} FROM floor_instance WHERE sop_instance_uid = $1` };
const LIST = {
  name: 'list',
  text: `SELECT ${COLUMNS} FROM floor_instance WHERE push = $1 ORDER BY segment, "offset"`,
};
/** One connection for rows and one for questions; rows that come while a commit is under way go with the next one. */
export class FloorIndex {
  readonly #pool: pg.Pool;
  #waiting: Waiting[] = [];
  #isCommitting = false;

  private constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  static async open(connectionString: string): Promise<FloorIndex> {
    const pool = new pg.Pool({ connectionString, max: 2, idleTimeoutMillis: 0 });
    await pool.query('SELECT 1');
    return new FloorIndex(pool);
  }

  async create(): Promise<void> {
    await this.#pool.query(CREATE);
  }

  /** Resolves when the rows are committed. */
  add(rows: readonly IndexRow[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ rows, resolve, reject });
      if (!this.#isCommitting) void this.#commit();
    });
  }

  async find(sopInstanceUid: string): Promise<IndexRow | undefined> {
    const { rows } = await this.#pool.query<IndexRow>({ ...FIND, values: [sopInstanceUid] });
    return rows[0];
  }

  /** Everything that came by one path, as it lies on the disk. */
  async list(push: string): Promise<readonly IndexRow[]> {
    const { rows } = await this.#pool.query<IndexRow>({ ...LIST, values: [push] });
    return rows;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #commit(): Promise<void> {
    this.#isCommitting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#insert(batch.flatMap(({ rows }) => rows));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isCommitting = false;
  }

  async #insert(rows: readonly IndexRow[]): Promise<void> {
    await this.#pool.query({
      ...INSERT,
      values: [
        rows.map(({ sopInstanceUid }) => sopInstanceUid),
        rows.map(({ push }) => push),
        rows.map(({ segment }) => segment),
        rows.map(({ offset }) => offset),
        rows.map(({ length }) => length),
        rows.map(({ sha256 }) => sha256),
        rows.map(({ crc32 }) => crc32),
      ],
    });
  }
}
