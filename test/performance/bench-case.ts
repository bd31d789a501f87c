/**
 * What the parts of the benchmark say to each other: types only. A case is one line of work; the programme runs it
 * against every target in turn, several rounds, the floor among them, and judges its goals.
 */
import type { SeededRandom } from '../support/seeded-random.ts';

/** An archive that is driven: ours, or any other that speaks DICOMweb. */
export interface Target {
  /** As it is printed; `sandyq` is ours. */
  readonly name: string;
  /** Root of its DICOMweb services without a slash at the end, e.g. `http://127.0.0.1:8080/dicom-web`. */
  readonly dicomWebUrl: string;
  /** Roots of its trees of processes, its database's included; empty where they are not known. */
  pids(): readonly number[];
  /** What it has done to bytes since its start; absent where it does not say. */
  readonly storageWork?: () => Promise<StorageWork>;
}

/** A server on this machine that does the irreducible work and nothing else (floor/). */
export interface Floor {
  /** `http://127.0.0.1:port`: POST /store, GET /frame/{n}, /instance/{n}, /study, /static/{name}, /express/{name}. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** How much is done: `--quick` does little of everything. */
export interface Scale {
  readonly isQuick: boolean;
  /** How often the targets take turns. */
  readonly rounds: number;
  /** What can be asked again is asked for so long in a turn: CPU time is counted in hundredths of a second. */
  readonly seconds: number;
  /** What takes a target minutes is asked no more after so long in a turn. */
  readonly mostSeconds: number;
  /** The quick or the full number. */
  of(quick: number, full: number): number;
}

/** One turn of one target (or of the floor) in one case. */
export interface Turn {
  /** From 0; the same for all targets in a round. */
  readonly round: number;
  /** Follows from the run's seed, the case, the target and the round: nobody else draws the same UIDs. */
  readonly random: SeededRandom;
  readonly scale: Scale;
}

/** What was done in one turn, as the client saw it. Every answer was checked: a wrong one throws. */
export interface Measured {
  /** Requests, or instances where the case counts those. */
  readonly operations: number;
  readonly seconds: number;
  /** Payload that was moved. */
  readonly bytes: number;
  /** One for each request. */
  readonly latenciesMs: readonly number[];
  /** Of the benchmark's own process: must stay small beside the servers'. */
  readonly clientCpuSeconds: number;
}

/** CPU and memory of a tree of processes over one turn. */
export interface ProcessUse {
  /** User and system time of all of them, those that ended meanwhile included. */
  readonly cpuSeconds: number;
  /** The most that all of them together had resident, shared pages counted once as far as can be known. */
  readonly peakBytes: number;
}

/** What was done to bytes on their way to the disk, as the target itself counts it. */
export interface StorageWork {
  readonly hashedBytes: number;
  readonly writtenBytes: number;
  readonly readBytes: number;
  readonly fileSyncs: number;
  readonly directorySyncs: number;
}

/** A turn with everything that is known of it. */
export interface MeasuredTurn extends Measured {
  /** Undefined where the target's processes are not known. */
  readonly server: ProcessUse | undefined;
  /** Undefined where the target does not say. */
  readonly work?: StorageWork | undefined;
}

/** What a goal looks at; all but the first two (throughput) are better when they are smaller. */
export type Measure =
  | 'perSecond'
  | 'megabytesPerSecond'
  | 'p50Ms'
  | 'p99Ms'
  | 'serverCpuMsPerOperation'
  | 'peakBytes';

/** Ours divided by the other's must be at least or at most this. */
export interface Goal {
  readonly measure: Measure;
  readonly against: 'peer' | 'floor';
  readonly ratio: number;
}

/** Work that every target can do. */
export interface ComparedCase {
  readonly kind: 'compared';
  /** For `--cases`, e.g. `store-ct-1`. */
  readonly name: string;
  /** For the table. */
  readonly work: string;
  readonly goals: readonly Goal[];
  /** Brings a target into the state that the turns need, once, unmeasured. */
  readonly prepare?: (target: Target, scale: Scale) => Promise<void>;
  readonly run: (target: Target, turn: Turn) => Promise<Measured>;
  /** The same work at the floor; `own` is our prepared archive, for its answers. */
  readonly floor?: (floor: Floor, turn: Turn, own: Target) => Promise<Measured>;
}

/** A promise of our archive alone, with bounds of its own. */
export interface CheckCase {
  readonly kind: 'check';
  readonly name: string;
  readonly work: string;
  readonly run: (scale: Scale) => Promise<CheckReport>;
}

/** What a check found. */
export interface CheckReport {
  /** Tables for the report. */
  readonly markdown: string;
  /** For the JSON. */
  readonly data: unknown;
  readonly bounds: readonly Bound[];
}

/** One bound: `value` must be below or equal to `most`. */
export interface Bound {
  readonly what: string;
  readonly value: number;
  readonly most: number;
  readonly unit: string;
}

/** Any case. */
export type BenchCase = ComparedCase | CheckCase;
