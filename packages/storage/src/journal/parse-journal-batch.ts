// Canonical JSON → batch. Strict: what this reads is exactly what encode-journal-batch.ts writes.
import { StorageError } from '../errors.ts';
import { maximumPutBytes } from '../object-store.ts';
import { JsonReader } from '../segment/json-reader.ts';
import {
  type JournalBatch,
  type JournalLink,
  journalBatchType,
  maximumBatchLines,
  newestJournalVersion,
} from './journal-batch.ts';
import { journalBatchText } from './journal-batch-text.ts';
import type { JournalLine } from './journal-facts.ts';
import { readJournalFact } from './read-journal-fact.ts';
import { readOrdinal, sha256Pattern, timePattern } from './read-members.ts';

/**
 * Reads one object of the journal. Errors: `unsupported-format` for another version or a kind of fact that this program
 * does not know; `damaged` for anything that is not canonical JSON with exactly the members of its version.
 */
export function parseJournalBatch(bytes: Uint8Array): JournalBatch {
  if (bytes.length > maximumPutBytes) throw damaged(`it has ${bytes.length} bytes`);
  const batch = readBatch(new JsonReader(parseJson(bytes), 'batch'));
  if (batch.lines.length === 0 || batch.lines.length > maximumBatchLines) {
    throw damaged(`it has ${batch.lines.length} lines`);
  }
  if (batch.lines.slice(0, -1).some(({ kind }) => kind === 'epoch-ended')) {
    throw damaged('lines follow the end of the epoch');
  }
  if (Buffer.compare(Buffer.from(journalBatchText(batch), 'utf8'), bytes) !== 0) {
    throw damaged('it is not canonical JSON, or has members or a version that do not belong to it');
  }
  return batch;
}

/** Reads one line. Errors as {@link parseJournalBatch}, except that unknown members are passed over. */
export function parseJournalLine(value: unknown): JournalLine {
  return readLine(new JsonReader(value, 'line'));
}

function readBatch(json: JsonReader): JournalBatch {
  json.field('type').oneOf(journalBatchType);
  const version = json.field('version').count();
  if (version < 1 || version > newestJournalVersion) {
    throw new StorageError(
      'unsupported-format',
      `a journal batch of version ${version}; this program reads the versions 1 to ${newestJournalVersion}`,
    );
  }
  return {
    epoch: readOrdinal(json.field('epoch')),
    position: readOrdinal(json.field('position')),
    previous: json.field('previous').nullable(readLink),
    lines: json.field('lines').list(readLine),
  };
}

function readLink(json: JsonReader): JournalLink {
  return {
    epoch: readOrdinal(json.field('epoch')),
    position: readOrdinal(json.field('position')),
    sha256: json.field('sha256').text(sha256Pattern),
  };
}

function readLine(json: JsonReader): JournalLine {
  return {
    id: json.field('id').count(),
    ...readJournalFact(json.field('kind').text(), json.field('fact')),
    decidedBy: json.field('decidedBy').text(/./s),
    occurredAt: json.field('occurredAt').text(timePattern),
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new StorageError('damaged', 'a journal batch is not JSON in UTF-8', { cause: error });
  }
}

function damaged(what: string): StorageError {
  return new StorageError('damaged', `a journal batch is damaged: ${what}`);
}
