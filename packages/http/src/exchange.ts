/** One request and its answer, from begin to end: what the access log and the metrics say of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Counter, Gauge, Histogram, Logger, Metrics } from '@sandyq/telemetry';
import { METHODS, type Route } from './route.ts';
import type { SendOutcome } from './send-stream.ts';

/** What is known so far. Routes are patterns: a URL holds UIDs and search values and is never logged. */
export interface Exchange {
  readonly requestId: string;
  /** A logger whose lines carry the request id. */
  readonly logger: Logger;
  /** To be called when nothing more will be written to the answer. */
  readonly handled: () => void;
  route: Route | undefined;
  principalId: string | undefined;
  result: SendOutcome | undefined;
  /** Code of the error it was answered with. */
  errorCode: string | undefined;
}

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60] as const;
const STATUSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'client-left', 'source-failed'] as const;
type Status = (typeof STATUSES)[number];
const NO_ROUTE = 'none';

type Labels = { route: readonly string[]; method: readonly string[] };

/** Keeps the log and the metrics of requests. */
export class ExchangeRecorder {
  readonly #now: () => number;
  readonly #requests: Counter<Labels & { status: readonly Status[] }>;
  readonly #seconds: Histogram<Labels>;
  readonly #sentBytes: Counter<{ route: readonly string[] }>;
  readonly #inFlight: Gauge<Readonly<Record<string, never>>>;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(routes: readonly Route[], metrics: Metrics, now: () => number) {
    const route = [...new Set(routes.map(({ path }) => path)), NO_ROUTE];
    const labels = { route, method: [...METHODS, 'HEAD'] };
    this.#now = now;
    this.#requests = metrics.counter({
      name: 'http_requests_total',
      help: 'Requests by route, method and status.',
      labels: { ...labels, status: STATUSES },
    });
    this.#seconds = metrics.histogram({
      name: 'http_request_seconds',
      help: 'Time from the head of a request to the end of its answer.',
      labels,
      buckets: SECONDS,
    });
    this.#sentBytes = metrics.counter({
      name: 'http_sent_bytes_total',
      help: 'Bytes of answers.',
      labels: { route },
    });
    this.#inFlight = metrics.gauge({ name: 'http_requests_in_flight', help: 'Requests being answered.' });
  }

  /** Begins an exchange; when both its handling and its connection are done with it, it is logged and counted. */
  begin(request: IncomingMessage, response: ServerResponse, requestId: string, logger: Logger): Exchange {
    const since = this.#now();
    const handled = Promise.withResolvers<undefined>();
    const exchange: Exchange = {
      handled: () => handled.resolve(undefined),
      requestId,
      logger: logger.child({ requestId }),
      route: undefined,
      principalId: undefined,
      result: undefined,
      errorCode: undefined,
    };
    this.#inFlight.add(1);
    response.once('close', () => {
      const milliseconds = this.#now() - since;
      void handled.promise.then(() => this.#end(request, response, exchange, milliseconds));
    });
    return exchange;
  }

  #end(
    { method = '' }: IncomingMessage,
    response: ServerResponse,
    exchange: Exchange,
    milliseconds: number,
  ): void {
    const { route, principalId, result, errorCode } = exchange;
    const path = route?.path ?? NO_ROUTE;
    const outcome = response.writableFinished
      ? (result?.outcome ?? 'complete')
      : (result?.outcome ?? 'client-left');
    const status = outcome === 'complete' ? statusClass(response.statusCode) : outcome;
    this.#inFlight.add(-1);
    this.#requests.add(1, { route: path, method, status });
    this.#seconds.observe(milliseconds / 1000, { route: path, method });
    this.#sentBytes.add(result?.sentBytes ?? 0, { route: path });
    const level = route?.action === 'health' ? 'debug' : 'info';
    exchange.logger[level]('request', {
      method,
      route: path,
      status: response.statusCode,
      outcome,
      durationMs: Math.round(milliseconds * 10) / 10,
      sentBytes: result?.sentBytes ?? 0,
      principal: principalId,
      code: errorCode,
    });
  }
}

function statusClass(status: number): Status {
  return STATUSES.find((name) => name.startsWith(String(Math.floor(status / 100)))) ?? '5xx';
}
