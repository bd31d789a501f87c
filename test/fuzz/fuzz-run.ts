/** A run of many cases against an archive: several at a time, each judged, failures made as small as they get. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FuzzCase, fuzzCase, type Material, retrievalsOf } from './fuzz-case.ts';
import { bytesOfRequest, type FuzzRequest, targetOf } from './fuzz-request.ts';
import { fault, isWhole } from './judge.ts';
import { type Outcome, RawClient } from './raw-client.ts';

/** A failure, made small. */
export interface Failure {
  readonly index: number;
  readonly problem: string;
  /** First line of the request. */
  readonly request: string;
  /** Its bytes: `nc 127.0.0.1 PORT < FILE` sends them. */
  readonly file: string;
  /** Of the mutations, how many are needed. */
  readonly mutations: string;
}

/** What came of a run. */
export interface RunResult {
  /** Mutated requests, and requests for mutated objects. */
  readonly sent: number;
  /** How many had each outcome: `200`, `closed`, … */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly failures: readonly Failure[];
  readonly seconds: number;
  /** Most resident memory of the archive's process seen, in bytes. */
  readonly peakBytes: number;
}

/** Where failing requests are kept: not with the temporary files of a test, which go when it ends. */
const REPRODUCERS = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'sandyq-fuzz');
const CONCURRENCY = 12;
const TIMEOUT_MS = 15_000;
/** A request that is not whole is given up soon. */
const PARTIAL_TIMEOUT_MS = 500;
const MOST_FAILURES = 10;
const MEMORY_INTERVAL_MS = 500;

/** Sends mutations until so many were sent, or ten have failed. */
export async function runFuzz(
  archive: { readonly url: string; readonly pid: number },
  material: Material,
  options: { readonly seed: number; readonly mutations: number },
): Promise<RunResult> {
  const run = new Run(archive.url, options.seed);
  const started = performance.now();
  let next = 0;
  let peakBytes = 0;
  const memory = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(archive.pid));
  }, MEMORY_INTERVAL_MS);
  const work = async (): Promise<void> => {
    while (run.sent < options.mutations && run.failures.length < MOST_FAILURES) {
      next += 1;
      await run.try(fuzzCase(options.seed, next - 1, material));
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  } finally {
    clearInterval(memory);
    run.close();
  }
  const seconds = (performance.now() - started) / 1_000;
  return { sent: run.sent, outcomes: run.outcomes, failures: run.failures, seconds, peakBytes };
}

class Run {
  sent = 0;
  readonly outcomes = new Map<string, number>();
  readonly failures: Failure[] = [];
  readonly #client: RawClient;
  readonly #seed: number;

  constructor(url: string, seed: number) {
    this.#client = new RawClient(url);
    this.#seed = seed;
  }

  /** Sends a case and, of what it stored, every resource. */
  async try(fuzzed: FuzzCase): Promise<void> {
    const request = fuzzed.request(fuzzed.mutationSeeds);
    const outcome = await this.#send(request);
    const problem = fault(request, outcome);
    if (problem !== undefined) return this.#fail(fuzzed, request, problem, []);
    if (!fuzzed.isStore || outcome.kind !== 'answered') return;
    for (const retrieval of retrievalsOf(outcome.body)) {
      const trouble = fault(retrieval, await this.#send(retrieval));
      if (trouble !== undefined) await this.#fail(fuzzed, retrieval, trouble, fuzzed.mutationSeeds);
    }
  }

  close(): void {
    this.#client.close();
  }

  async #send(request: FuzzRequest): Promise<Outcome> {
    this.sent += 1;
    const outcome = await this.#quietly(request);
    const name = outcome.kind === 'answered' ? String(outcome.status) : outcome.kind;
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
    return outcome;
  }

  #quietly(request: FuzzRequest): Promise<Outcome> {
    const timeoutMs = isWhole(request) ? TIMEOUT_MS : PARTIAL_TIMEOUT_MS;
    return this.#client.send(bytesOfRequest(request), { isHead: request.method === 'HEAD', timeoutMs });
  }

  /** Makes it small and keeps the bytes. Slowness that does not repeat is none. */
  async #fail(
    fuzzed: FuzzCase,
    request: FuzzRequest,
    problem: string,
    needed: readonly number[],
  ): Promise<void> {
    const again = fault(request, await this.#quietly(request));
    if (again === undefined && / ms(:|$)/.test(problem)) return;
    const { seeds, smallest } =
      needed.length > 0
        ? { seeds: fuzzed.mutationSeeds, smallest: request }
        : await this.#shrink(fuzzed, request);
    mkdirSync(REPRODUCERS, { recursive: true });
    const base = join(REPRODUCERS, `${this.#seed}-${fuzzed.index}-${this.failures.length}`);
    writeFileSync(`${base}.http`, bytesOfRequest(smallest));
    // What was stored before, for a failure on the way out.
    if (needed.length > 0) writeFileSync(`${base}.store.http`, bytesOfRequest(fuzzed.request(needed)));
    this.failures.push({
      index: fuzzed.index,
      problem,
      request: `${smallest.method} ${targetOf(smallest)}`.slice(0, 300),
      file: needed.length > 0 ? `${base}.store.http, ${base}.http` : `${base}.http`,
      mutations: `${seeds.length} of ${fuzzed.mutationSeeds.length}`,
    });
  }
  /** Leaves out one mutation after the other as long as it fails without one. */
  async #shrink(fuzzed: FuzzCase, request: FuzzRequest) {
    let seeds = fuzzed.mutationSeeds;
    let smallest = request;
    for (let index = 0; index < seeds.length; ) {
      const fewer = seeds.filter((_, other) => other !== index);
      const candidate = fuzzed.request(fewer);
      if (fault(candidate, await this.#quietly(candidate)) === undefined) index += 1;
      else [seeds, smallest, index] = [fewer, candidate, 0];
    }
    return { seeds, smallest };
  }
}

/** Of a process of this machine; 0 when it has ended. */
function residentBytes(pid: number): number {
  try {
    const [, kibibytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1_024;
  } catch {
    // It has ended: whoever stops it says so.
    return 0;
  }
}
