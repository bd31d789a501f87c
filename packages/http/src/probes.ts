/** `/healthz`: the process answers. `/readyz`: what it stands on answers too. `/metrics`: numbers for Prometheus. */
import type { Logger, Metrics } from '@sandyq/telemetry';
import { type Answer, jsonAnswer } from './answer.ts';
import type { GuardedRoute, OpenRoute, Route } from './route.ts';

/** Something the service can't work without: the database, the object store. */
export interface ReadinessCheck {
  /** A word: `database`, `object-store`. */
  readonly name: string;
  /** Rejects if it can't be reached; may stop at the signal. */
  check(signal: AbortSignal): Promise<void>;
}

/** What probes need. */
export interface ProbeOptions {
  readonly checks: readonly ReadinessCheck[];
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Aborted once the service stops: from then on it is not ready. */
  readonly stopping: AbortSignal;
  /** Whether `/metrics` needs no credential. */
  readonly openMetrics: boolean;
  /** Most time for one check, milliseconds. */
  readonly timeLimitMs?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
}

type CheckResult = 'ok' | 'failed' | 'timed-out';
interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

const TIME_LIMIT_MS = 2000;
/** Anyone may ask, so the checks run at most once in this time, for all who ask. */
const FRESH_MS = 1000;

/** The three routes. */
export function probeRoutes(options: ProbeOptions): Route[] {
  const readiness = sharedReadiness(options);
  const open = { method: 'GET', action: 'health', patientData: false } as const;
  const health: OpenRoute = { ...open, path: '/healthz', handler: () => jsonAnswer(200, { status: 'ok' }) };
  const ready: OpenRoute = {
    ...open,
    path: '/readyz',
    handler: async () => {
      const state = options.stopping.aborted ? STOPPING : await readiness();
      return jsonAnswer(state.ready ? 200 : 503, state);
    },
  };
  return [health, ready, metricsRoute(options)];
}

const STOPPING: Readiness = { ready: false, checks: { service: 'failed' } };

function metricsRoute({ metrics, openMetrics }: ProbeOptions): Route {
  const handler = async (): Promise<Answer> => ({
    status: 200,
    headers: { 'Content-Type': metrics.contentType },
    body: await metrics.render(),
  });
  const route = { method: 'GET', path: '/metrics', patientData: false, handler } as const;
  const open: OpenRoute = { ...route, action: 'open-metrics' };
  // Numbers of the whole process: there is nothing of a facility to keep to.
  const guarded: GuardedRoute = { ...route, action: 'metrics', keepsToFacility: true };
  return openMetrics ? open : guarded;
}

/** Whoever asks while checks run, or shortly after, gets the same result. */
function sharedReadiness(options: ProbeOptions): () => Promise<Readiness> {
  const { checks, logger, timeLimitMs = TIME_LIMIT_MS, monotonicMs = () => performance.now() } = options;
  const before = new Map<string, CheckResult>();
  let current: { readonly since: number; readonly result: Promise<Readiness> } | undefined;

  async function run(): Promise<Readiness> {
    const results = await Promise.all(
      checks.map(async (check) => [check.name, await outcomeOf(check)] as const),
    );
    return { ready: results.every(([, result]) => result === 'ok'), checks: Object.fromEntries(results) };
  }

  async function outcomeOf(check: ReadinessCheck): Promise<CheckResult> {
    const { result, error } = await withinLimit(check, timeLimitMs);
    const changed = result !== (before.get(check.name) ?? 'ok');
    before.set(check.name, result);
    if (changed && result === 'ok') logger.info('check-passes-again', { check: check.name });
    if (changed && result !== 'ok') logger.warn('check-fails', { check: check.name, outcome: result, error });
    return result;
  }

  return () => {
    const now = monotonicMs();
    if (current === undefined || now - current.since >= FRESH_MS) current = { since: now, result: run() };
    return current.result;
  };
}

async function withinLimit(
  check: ReadinessCheck,
  limitMs: number,
): Promise<{ result: CheckResult; error?: unknown }> {
  const limit = new AbortController();
  const late = Promise.withResolvers<'timed-out'>();
  const timer = setTimeout(() => {
    limit.abort();
    late.resolve('timed-out');
  }, limitMs);
  try {
    return { result: await Promise.race([passes(check, limit.signal), late.promise]) };
  } catch (error) {
    return { result: 'failed', error };
  } finally {
    clearTimeout(timer);
  }
}

async function passes(check: ReadinessCheck, signal: AbortSignal): Promise<'ok'> {
  await check.check(signal);
  return 'ok';
}
