/**
 * Registers whole files of facts or programmes. A file is checked to its end before anything of it is written; what the
 * register says already is left alone, so that the same file can be imported again after whatever happened.
 */
import { DatabaseError, type Queryable, registerPatientFact, registerProgramme } from '@sandyq/database';
import { exportDecision } from '@sandyq/indexing';
import type { Actor } from '../actor.ts';
import { DispositionError, isDispositionError } from '../errors.ts';
import { type CsvRow, csvRows } from './csv-rows.ts';
import { readFact, readProgramme } from './read-registration.ts';
import type { RegisterPorts } from './register-ports.ts';

/** Opens the text of a file from its beginning, in pieces; called twice. */
export type OpenText = () => AsyncIterable<string>;

/** What became of a file. */
export interface ImportedRegister {
  readonly rows: number;
  readonly registered: number;
  /** The register said so before. */
  readonly known: number;
}

/** A register that can be imported: its columns, and how a row is read and written. */
interface Register<Entry> {
  readonly columns: readonly string[];
  read(row: CsvRow['cells'], now: Date): Entry;
  write(
    client: Queryable,
    entry: Entry,
    by: { readonly id: string; readonly actor: Actor },
  ): Promise<boolean>;
}

const facts: Register<ReturnType<typeof readFact>> = {
  columns: ['issuer', 'patient_id', 'kind', 'on', 'source'],
  read: ({ issuer = '', patient_id: patientId = '', kind = '', on = '', source = '', ...rest }, now) => {
    const diagnosisClass = rest['class'] === '' ? undefined : rest['class'];
    return readFact({ issuer, patientId, kind: kind.trim(), on, source, diagnosisClass }, now);
  },
  write: (client, entry, { id, actor }) =>
    registerPatientFact(client, { patientFactId: id, ...entry }, actor.principalId),
};

const programmes: Register<ReturnType<typeof readProgramme>> = {
  columns: ['study_instance_uid', 'programme'],
  read: ({ study_instance_uid: studyInstanceUid = '', programme = '' }) =>
    readProgramme({ studyInstanceUid, programme }),
  write: (client, entry, { id, actor }) =>
    registerProgramme(client, { studyProgrammeId: id, ...entry }, actor.principalId),
};

/** Columns `issuer, patient_id, kind, on, source`, and `class` for diagnoses. Throws DispositionError('bad-input'). */
export function importFacts(ports: RegisterPorts, open: OpenText, actor: Actor): Promise<ImportedRegister> {
  return importRegister(ports, facts, { open, actor });
}

/** Columns `study_instance_uid, programme`. Throws DispositionError('bad-input'). */
export function importProgrammes(
  ports: RegisterPorts,
  open: OpenText,
  actor: Actor,
): Promise<ImportedRegister> {
  return importRegister(ports, programmes, { open, actor });
}

/** Rows of one transaction. */
const ROWS_AT_ONCE = 500;

async function importRegister<Entry>(
  ports: RegisterPorts,
  register: Register<Entry>,
  { open, actor }: { readonly open: OpenText; readonly actor: Actor },
): Promise<ImportedRegister> {
  const now = ports.now();
  let rows = 0;
  for await (const row of csvRows(open(), register.columns)) {
    readRow(register, row, now);
    rows += 1;
  }
  let registered = 0;
  for await (const batch of batches(csvRows(open(), register.columns))) {
    registered += await ports.database.inTransaction((client) => writeAll(client, batch));
  }
  await exportDecision(ports);
  return { rows, registered, known: rows - registered };

  async function writeAll(client: Queryable, batch: readonly CsvRow[]): Promise<number> {
    let written = 0;
    for (const row of batch) {
      const write = register.write(client, readRow(register, row, now), { id: ports.newId(), actor });
      if (await write.catch((error: unknown) => Promise.reject(atLine(row, error)))) written += 1;
    }
    return written;
  }
}

/** What only the index knows: an issuer that there is not. */
function atLine({ lineNumber }: CsvRow, error: unknown): unknown {
  if (!(error instanceof DatabaseError) || error.code !== 'not-found') return error;
  return new DispositionError('not-found', `Line ${lineNumber} of the file: ${error.message}.`, {
    cause: error,
  });
}

function readRow<Entry>(register: Register<Entry>, { lineNumber, cells }: CsvRow, now: Date): Entry {
  try {
    return register.read(cells, now);
  } catch (error) {
    if (!isDispositionError(error)) throw error;
    throw new DispositionError('bad-input', `Line ${lineNumber} of the file: ${error.message}`, {
      cause: error,
    });
  }
}

async function* batches(rows: AsyncIterable<CsvRow>): AsyncGenerator<readonly CsvRow[]> {
  let batch: CsvRow[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < ROWS_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
