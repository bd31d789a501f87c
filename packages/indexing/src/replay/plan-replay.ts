/** What the index is to be told of a stored segment: by its receipt, its metadata, and what the journal says of its entries. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  countAlarms,
  type EntryFact,
  type InstanceCommit,
  type SegmentCommit,
  type SegmentOwn,
} from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import { originalsOf, originOf, type SegmentReceipt } from '@sandyq/storage';
import { clockOffsetMs } from '../clock-offset.ts';
import { instanceCommitOf } from '../index-segment.ts';
import { type EntryStanding, standingsOf } from '../journal/fold-entry-facts.ts';
import type { Newcomer } from '../judge.ts';
import { deviceOf, equipmentOf, type Sender } from '../sender.ts';
import type { IndexingPorts, StoredInstance, StoredSegment } from '../stored-segment.ts';
import type { DisposedBy } from './disposed-entries.ts';
import { KeptRows } from './kept-rows.ts';
import { senderOf } from './senders.ts';
import type { StoredTail } from './stored-tail.ts';

type PlanPorts = Pick<IndexingPorts, 'database' | 'directory'>;

/** What was received together: all of a segment, or of a rewrite the entries of one original. */
export interface PlannedPart {
  readonly commit: SegmentCommit;
  /** For those whose verdict the commit leaves open; aligned with `commit.instances`. */
  readonly newcomers: readonly Newcomer[];
}

/** What a segment says, ready to be committed. */
export interface ReplayPlan {
  readonly segment: StoredSegment;
  /** In the order in which their segments were received. */
  readonly parts: readonly PlannedPart[];
  /** Instances are in it, or were once, that tell whose the study is; held ones do not. */
  readonly tellsPatient: boolean;
  /** Instances are in it that are held for not being of their study's patient. */
  readonly hasHeld: boolean;
}

/** What is known of a segment beside what it says itself. */
export interface KnownOfSegment {
  /** About its original segments. */
  readonly facts: readonly EntryFact[];
  /** Entries that were disposed of are passed over. */
  readonly disposed: DisposedBy;
}

/** What `known` says goes before what the entries say themselves. */
export async function planReplay(
  ports: PlanPorts,
  tail: StoredTail,
  { facts, disposed }: KnownOfSegment,
): Promise<ReplayPlan> {
  const segment = storedSegmentOf(tail);
  const { receipt } = segment;
  const standing = standingsOf(facts);
  const instances = instancesOf(tail);
  const left = instances.filter(({ entry }) => disposed(tail, entry) === undefined);
  const members = Map.groupBy(left, ({ entry }) => originOf(receipt, entry));
  const originals = originalsOf(receipt)
    .filter(({ segmentId }) => members.has(segmentId))
    .sort((a, b) => (a.segmentId < b.segmentId ? -1 : 1));
  const parts: PlannedPart[] = [];
  for (const original of originals) {
    const planner = new PartPlanner(ports, segment, original);
    for (const instance of members.get(original.segmentId) ?? []) {
      await planner.add(instance, standing({ segmentId: original.segmentId, sha256: instance.entry.sha256 }));
    }
    parts.push(await planner.finish(instances));
  }
  const candidates = parts.flatMap(({ commit }) => commit.instances);
  const former = parts.some(({ commit }) => (commit.former ?? []).length > 0);
  return {
    segment,
    parts,
    tellsPatient: former || candidates.some(({ isHeld }) => isHeld !== true),
    hasHeld: candidates.some(({ isHeld }) => isHeld === true),
  };
}

/** The segment as the index names it. */
export function storedSegmentOf({ key, segment }: StoredTail): StoredSegment {
  const { receipt, receiptSha256, size } = segment;
  return { id: receipt.segmentId, key, size, receipt, receiptSha256 };
}

function instancesOf({ segment, metadata }: StoredTail): StoredInstance[] {
  return segment.receipt.entries.flatMap((entry) => {
    const text = metadata.get(entry.ordinal);
    if (text === undefined) return [];
    return [{ entry, json: JSON.parse(text) as DicomJson, metadata: Buffer.from(text) }];
  });
}

class PartPlanner {
  readonly #ports: PlanPorts;
  readonly #segment: StoredSegment;
  readonly #original: SegmentReceipt;
  readonly #kept: KeptRows;
  readonly #members: Member[] = [];
  #first: StoredInstance | undefined;

  constructor(ports: PlanPorts, segment: StoredSegment, original: SegmentReceipt) {
    this.#ports = ports;
    this.#segment = segment;
    this.#original = original;
    this.#kept = new KeptRows(ports, segment.receipt);
  }

  async add(instance: StoredInstance, standing: EntryStanding): Promise<void> {
    this.#first ??= instance;
    await this.#kept.add(instance.entry, standing);
    const part = partOf(standing);
    if (part !== 'none') this.#members.push({ instance, standing, part });
  }

  /** `all`: the instances of the segment, for what its row says. */
  async finish(all: readonly StoredInstance[]): Promise<PlannedPart> {
    const { id, key, size, receipt, receiptSha256 } = this.#segment;
    const sender = await senderOf(this.#ports, this.#original);
    const receivedAt = new Date(this.#original.receivedAt);
    const { candidates, former } = await this.#commits(sender);
    const deviceId = this.#first && deviceOf(sender, equipmentOf(this.#first.json))?.deviceId;
    const isRewrite = receipt.source.kind === 'rewrite';
    const commit: SegmentCommit = {
      segmentId: id,
      objectKey: key,
      studyInstanceUid: receipt.studyInstanceUid,
      seriesInstanceUid: receipt.seriesInstanceUid,
      facilityId: sender.facility.facilityId,
      deviceId,
      principalId: sender.principalId,
      sizeBytes: size,
      receiptSha256: Buffer.from(receiptSha256, 'hex'),
      receivedAt,
      clockOffsetMs: isRewrite ? undefined : this.#first && clockOffsetMs(this.#first.json, receivedAt),
      instances: candidates.map(({ commit: one }) => one),
      own: isRewrite ? ownOfRewrite(receipt, sender, all) : ownOfReceived(all),
      kept: this.#kept.finish(),
      former,
    };
    return { commit, newcomers: candidates.map(({ newcomer }) => newcomer) };

    function ownOfReceived(instances: readonly StoredInstance[]): SegmentOwn {
      return {
        facilityId: sender.facility.facilityId,
        deviceId,
        principalId: sender.principalId,
        receivedAt,
        entries: instances.length,
        characterSetAlarms: countAlarms(instances.map(({ entry }) => entry)),
      };
    }
  }

  async #commits(sender: Sender) {
    const { receivedAt } = this.#original;
    // A verdict on it is about how it was received.
    const segment = { ...this.#segment, receipt: { ...this.#segment.receipt, receivedAt } };
    const candidates: { readonly commit: InstanceCommit; readonly newcomer: Newcomer }[] = [];
    const former: InstanceCommit[] = [];
    for (let start = 0; start < this.#members.length; start += COMPRESSED_AT_ONCE) {
      const some = this.#members.slice(start, start + COMPRESSED_AT_ONCE);
      const commits = await Promise.all(
        some.map(({ instance }) => instanceCommitOf(instance, sender, this.#ports.directory, compress)),
      );
      for (const [index, commit] of commits.entries()) {
        const { instance, standing, part } = some[index] ?? {};
        if (instance === undefined || standing === undefined) continue;
        if (part === 'former') former.push(commit);
        else
          candidates.push({ commit: standingIn(commit, standing), newcomer: { instance, segment, sender } });
      }
    }
    return { candidates, former };
  }
}

/** An entry that is an instance, or was one. */
interface Member {
  readonly instance: StoredInstance;
  readonly standing: EntryStanding;
  readonly part: 'candidate' | 'former';
}

/** Other threads compress meanwhile; each takes a quarter of a mebibyte for it. */
const COMPRESSED_AT_ONCE = 32;

const gzipInThread: (bytes: Uint8Array, options: { level: number }) => Promise<Buffer> = promisify(gzip);

function compress(bytes: Uint8Array): Promise<Buffer> {
  return gzipInThread(bytes, { level: 1 });
}

/** What the journal says of its standing goes before who came first. */
function standingIn(commit: InstanceCommit, { kind, isHeld }: EntryStanding): InstanceCommit {
  return { ...commit, ...(kind === 'accepted' && { joinsAnyway: true }), ...(isHeld && { isHeld: true }) };
}

/** The device's statistics stay with the segments that it sent. */
function ownOfRewrite(
  { principal, receivedAt }: SegmentReceipt,
  { facility }: Sender,
  all: readonly StoredInstance[],
): SegmentOwn {
  return {
    facilityId: facility.facilityId,
    deviceId: undefined,
    principalId: principal,
    receivedAt: new Date(receivedAt),
    entries: all.length,
    characterSetAlarms: 0,
  };
}

/** Whether an entry asks for its SOP Instance UID, had it once, or never had it. */
function partOf({ kind, quarantine }: EntryStanding): 'candidate' | 'former' | 'none' {
  switch (kind) {
    case 'none':
    case 'identity-conflict':
      return 'candidate';
    case 'accepted':
      // What the index could not hold was read anew into a segment of its own.
      return quarantine.at(-1)?.reason === 'processing-failure' && !hasMovedHere(quarantine)
        ? 'none'
        : 'candidate';
    case 'replaced':
      return 'former';
    case 'quarantined':
    case 'discarded':
    case 'moved':
    case 'correction':
    case 'correction-discarded':
    case 'equal':
      return 'none';
    default:
      return kind satisfies never;
  }
}

function hasMovedHere(quarantine: EntryStanding['quarantine']): boolean {
  return quarantine.at(-1)?.place !== undefined;
}
