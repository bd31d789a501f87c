/**
 * Writes audit events in groups. Each caller waits until its own event is durable, and a group is written as soon as the one before
 * it is (no timer): alone an event costs one insert, under load hundreds share one.
 */
import type { Logger } from '@sandyq/telemetry';
import type { AuditEvent, AuditSink } from './audit-event.ts';
import { AuditError } from './errors.ts';

/** What the writer needs. */
export interface AuditWriterOptions {
  /** Inserts all events in one transaction; resolves once they are durable. */
  readonly insert: (events: readonly AuditEvent[]) => Promise<void>;
  readonly logger: Logger;
  /** Most events in one insert. */
  readonly maxGroup?: number;
  /** Most events that wait; beyond it `record` rejects with `audit-overloaded`. */
  readonly maxWaiting?: number;
}

/** The running writer. */
export interface AuditWriter extends AuditSink {
  /** Takes no more events and resolves when those taken are written or refused. */
  close(): Promise<void>;
}

interface Waiting {
  readonly event: AuditEvent;
  readonly resolve: () => void;
  readonly reject: (error: AuditError) => void;
}

const MAX_GROUP = 500;
const MAX_WAITING = 20_000;
const MAX_TEXT = 128;

/** Starts a writer; it holds no connection and no timer of its own. */
export function createAuditWriter(options: AuditWriterOptions): AuditWriter {
  return new GroupWriter(options);
}

class GroupWriter implements AuditWriter {
  readonly #insert: AuditWriterOptions['insert'];
  readonly #logger: Logger;
  readonly #maxGroup: number;
  readonly #maxWaiting: number;
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor({ insert, logger, maxGroup = MAX_GROUP, maxWaiting = MAX_WAITING }: AuditWriterOptions) {
    this.#insert = insert;
    this.#logger = logger;
    this.#maxGroup = maxGroup;
    this.#maxWaiting = maxWaiting;
  }

  record(event: AuditEvent): Promise<void> {
    if (this.#closed) return Promise.reject(new AuditError('audit-closed', 'The audit is closed.'));
    if (this.#waiting.length >= this.#maxWaiting) {
      return Promise.reject(new AuditError('audit-overloaded', 'Too many decisions wait for the audit.'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event: storable(event), resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Events of the same turn of the event loop share the first group too.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#writeGroup(this.#waiting.splice(0, this.#maxGroup));
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#insert(group.map(({ event }) => event));
    } catch (error) {
      this.#logger.error('audit-not-written', { error, events: group.length });
      const refusal = new AuditError('audit-unavailable', 'The audit could not be written.', error);
      for (const { reject } of group) reject(refusal);
      return;
    }
    for (const { resolve } of group) resolve();
  }
}

/** Text that came with the request is cut and cleaned, so that no request can make a group fail. */
function storable(event: AuditEvent): AuditEvent {
  const { studyInstanceUid, remoteAddress } = event;
  return {
    ...event,
    ...(studyInstanceUid !== undefined && { studyInstanceUid: clean(studyInstanceUid) }),
    ...(remoteAddress !== undefined && { remoteAddress: clean(remoteAddress) }),
  };
}

/** PostgreSQL's text takes no NUL and no lone surrogate. */
function clean(text: string): string {
  return text.slice(0, MAX_TEXT).replaceAll('\0', '\u{FFFD}').toWellFormed();
}
