/** Many requests over a few connections, each answer checked; what it took. */
import type { Measured } from '../bench-case.ts';
import { type Answer, Connection, type OnBody, type Outgoing } from './connection.ts';

/** One request and what its answer must be. */
export interface Job {
  readonly request: Outgoing;
  /** What it counts for: instances of a store request, else 1. */
  readonly operations?: number;
  /** Payload that it sends, beside what comes back. */
  readonly bytes?: number;
  /** Throws if the answer is not what it should be. */
  verify(answer: Answer): void;
  /** Begins to take the body of a long answer in passing. */
  receive?(): Reception;
}

/** One answer that is taken in passing. */
export interface Reception {
  readonly onBody: OnBody;
  /** Throws unless everything has come. */
  end(): void;
}

/** How long jobs are done. Seconds. */
export interface Pace {
  /** All over again until so much has passed, where what is asked for stays the same. */
  readonly atLeast?: number;
  /** No further one is begun then. */
  readonly atMost?: number;
}

/** Opens the connections, then does all jobs, each connection one at a time, in the order given. */
export async function drive(
  connections: number,
  jobs: readonly Job[],
  { atLeast = 0, atMost = Number.POSITIVE_INFINITY }: Pace = {},
): Promise<Measured> {
  const [first] = jobs;
  if (first === undefined) throw new Error('nothing to do');
  const open = Array.from({ length: connections }, () => new Connection(first.request.url));
  try {
    for (const connection of open) await connection.open();
    const latenciesMs: number[] = [];
    let [bytes, operations] = [0, 0];
    const worker = async (connection: Connection, queue: Iterable<Job>): Promise<void> => {
      for (const job of queue) {
        const startedAt = performance.now();
        const reception = job.receive?.();
        const answer = await connection.exchange(job.request, reception?.onBody);
        latenciesMs.push(performance.now() - startedAt);
        job.verify(answer);
        reception?.end();
        bytes += job.bytes ?? answer.bytes;
        operations += job.operations ?? 1;
      }
    };
    const startedAt = performance.now();
    const elapsed = () => (performance.now() - startedAt) / 1_000;
    const queue = paced(jobs, { atLeast, atMost }, elapsed);
    const cpu = process.cpuUsage();
    await Promise.all(open.map((connection) => worker(connection, queue)));
    const { user, system } = process.cpuUsage(cpu);
    return {
      operations,
      seconds: elapsed(),
      clientCpuSeconds: (user + system) / 1_000_000,
      bytes,
      latenciesMs,
    };
  } finally {
    for (const connection of open) connection.close();
  }
}

function* paced(
  jobs: readonly Job[],
  { atLeast, atMost }: Required<Pace>,
  elapsed: () => number,
): Generator<Job> {
  do {
    for (const job of jobs) {
      yield job;
      if (elapsed() >= atMost) return;
    }
  } while (elapsed() < atLeast);
}

/** One request on a connection of its own: for preparations. */
export async function ask(request: Outgoing): Promise<Answer> {
  const connection = new Connection(request.url);
  try {
    return await connection.exchange(request);
  } finally {
    connection.close();
  }
}

/** Throws unless the status is the expected one; says what the server said. */
export function expectStatus(answer: Answer, request: Outgoing, status = 200): void {
  if (answer.status === status) return;
  const said = answer.body.toString('utf8', 0, 300);
  throw new Error(`${request.method} ${request.url} was answered ${answer.status}: ${said}`);
}

/** The body as JSON. */
export function jsonOf(answer: Answer): unknown {
  return JSON.parse(answer.body.toString('utf8')) as unknown;
}
