/** What the journal says of an entry, as rows that point to where its bytes lie now. */
import type { KeptCorrection, KeptEncoding, KeptEntries, KeptQuarantine } from '@sandyq/database';
import { originOf, type ReceiptEntry, type SegmentReceipt } from '@sandyq/storage';
import type { CorrectionStanding, EntryStanding } from '../journal/fold-entry-facts.ts';
import type { IndexingPorts } from '../stored-segment.ts';
import { deviceOfCode, facilityOf } from './senders.ts';

/** What is asked for the sender. */
export type KeptPorts = Pick<IndexingPorts, 'database' | 'directory'>;

/** Gathers the rows of one part of a segment. */
export class KeptRows {
  readonly #ports: KeptPorts;
  readonly #receipt: SegmentReceipt;
  readonly #quarantine: KeptQuarantine[] = [];
  readonly #corrections: KeptCorrection[] = [];
  readonly #encodings: KeptEncoding[] = [];

  constructor(ports: KeptPorts, receipt: SegmentReceipt) {
    this.#ports = ports;
    this.#receipt = receipt;
  }

  /** Everything that is known of this entry beside what it says itself. */
  async add(entry: ReceiptEntry, standing: EntryStanding): Promise<void> {
    for (const listed of standing.quarantine) await this.#addQuarantine(entry, listed);
    if (standing.kind === 'correction' || standing.kind === 'correction-discarded') {
      await this.#addCorrection(entry, standing.correction);
    }
    if (standing.kind === 'equal' && standing.knownEncoding !== undefined) {
      const { sopInstanceUid, sameEncoding, holderSha256 } = standing.knownEncoding;
      this.#encodings.push({
        sopInstanceUid,
        sha256: Buffer.from(entry.sha256, 'hex'),
        isSameEncoding: sameEncoding,
        holderSha256: Buffer.from(holderSha256, 'hex'),
      });
    }
  }

  /** undefined where there is nothing. */
  finish(): KeptEntries | undefined {
    const [quarantine, corrections, encodings] = [this.#quarantine, this.#corrections, this.#encodings];
    if (quarantine.length + corrections.length + encodings.length === 0) return undefined;
    return { quarantine, corrections, encodings };
  }

  async #addQuarantine(entry: ReceiptEntry, listed: EntryStanding['quarantine'][number]): Promise<void> {
    const { quarantineId, reason, message, principal, receivedAt, state } = listed;
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = listed;
    this.#quarantine.push({
      ...placeOf(entry),
      ...(await this.#sender(listed)),
      quarantineId,
      reason,
      message,
      receivedAt,
      state,
      studyInstanceUid,
      seriesInstanceUid,
      sopInstanceUid,
      principalId: principal,
      originSegmentId: originOf(this.#receipt, entry),
      wasLoose: listed.place !== undefined,
      decision: decisionOf(listed),
    });
  }

  async #addCorrection(entry: ReceiptEntry, proposed: CorrectionStanding): Promise<void> {
    const { proposedCorrectionId, sopInstanceUid, principal, receivedAt, state } = proposed;
    this.#corrections.push({
      ...placeOf(entry),
      ...(await this.#sender(proposed)),
      proposedCorrectionId,
      sopInstanceUid,
      receivedAt,
      state,
      principalId: principal,
      originSegmentId: originOf(this.#receipt, entry),
      decision: decisionOf(proposed),
    });
  }

  #sender(told: ToldSender): Promise<SenderKeys> {
    return keysOfSender(this.#ports, told);
  }
}

/** A sender as the journal names it. */
interface ToldSender {
  readonly facility: string;
  readonly device: string | undefined;
}

interface SenderKeys {
  readonly facilityId: number;
  readonly deviceId: number | undefined;
}

/** The sender in this database. */
export async function keysOfSender(ports: KeptPorts, told: ToldSender): Promise<SenderKeys> {
  const facility = await facilityOf(ports, told.facility);
  const device = await deviceOfCode(ports, facility, told.device);
  return { facilityId: facility.facilityId, deviceId: device?.deviceId };
}

function placeOf(entry: ReceiptEntry) {
  return {
    ordinal: entry.ordinal,
    entryOffset: entry.offset,
    entryLength: entry.length,
    sha256: Buffer.from(entry.sha256, 'hex'),
    crc32: Buffer.from(entry.crc32, 'base64'),
  };
}

/** Who decided, and when. */
export function decisionOf({
  decidedBy,
  decidedAt,
}: {
  readonly decidedBy: string | undefined;
  readonly decidedAt: Date | undefined;
}) {
  return decidedBy === undefined || decidedAt === undefined ? undefined : { decidedBy, decidedAt };
}
