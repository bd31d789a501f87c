/** What ingest works with; made once by whoever starts the service. */
import type { AuditSink } from '@sandyq/audit';
import type { IndexingPorts, IndexReadiness, JournalPorts, PixelValueComparison } from '@sandyq/indexing';
import type { SegmentSpool } from '@sandyq/storage';
import type { ReadingTurns } from './reading-turns.ts';

export interface IngestDependencies extends IndexingPorts, JournalPorts {
  readonly spool: SegmentSpool;
  readonly audit: AuditSink;
  readonly now: () => Date;
  /** UUIDs of version 7. */
  readonly newId: () => string;
  /** Whether verdicts may be given. */
  readonly readiness: Pick<IndexReadiness, 'state'>;
  /** Days for which what is rejected can be restored for certain. */
  readonly graceDays: number;
  /** Open bytes a device may have in quarantine unless it has a quota of its own. */
  readonly quarantineQuotaBytes: number;
  /** How long a sender may bring next to nothing, milliseconds. */
  readonly stallMs: number;
  /** Senders wait for it: what takes long is left to the index service. */
  readonly pixels: PixelValueComparison;
  /** In which bodies are read. */
  readonly turns: ReadingTurns;
}
