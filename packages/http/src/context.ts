/** A request as handlers see it: independent of Express. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Allowed, Principal } from '@sandyq/auth';
import type { Logger } from '@sandyq/telemetry';
import { bodyOf } from './request-body.ts';

/** Where the request came from and how it is named. */
export interface RequestFacts {
  readonly requestId: string;
  /** Pattern of the route, e.g. `/dicom-web/studies/:study`. */
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  /** Scheme, host and path that links in answers begin with; without a slash at its end. */
  readonly baseUrl: string;
  readonly remoteAddress: string | undefined;
  /** Carries the request id; never log anything of query, path or body. */
  readonly logger: Logger;
}

/** A request to a route that anyone may ask. Query, body and signal are made when first asked for. */
export class OpenContext {
  readonly requestId: string;
  readonly route: string;
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly baseUrl: string;
  readonly remoteAddress: string | undefined;
  readonly logger: Logger;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #query: URLSearchParams | undefined;
  #signal: AbortSignal | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, facts: RequestFacts) {
    this.requestId = facts.requestId;
    this.route = facts.route;
    this.method = request.method ?? '';
    this.params = facts.params;
    this.headers = request.headers;
    this.baseUrl = facts.baseUrl;
    this.remoteAddress = facts.remoteAddress;
    this.logger = facts.logger;
    this.#request = request;
    this.#response = response;
  }

  /** Path and query as they came. */
  get target(): string {
    return this.#request.url ?? '/';
  }

  /** The query as it came, without `?`; empty if there is none. */
  get rawQuery(): string {
    const url = this.#request.url ?? '';
    const mark = url.indexOf('?');
    return mark === -1 ? '' : url.slice(mark + 1);
  }

  /** The query, decoded. */
  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.rawQuery);
    return this.#query;
  }

  /** The body, to be read once, as it arrives. Fails if the client leaves. */
  get body(): AsyncIterable<Uint8Array> {
    return bodyOf(this.#request, this.#response);
  }

  /** Length of the body in bytes as announced; undefined if it is not known before its end. */
  get contentLength(): number | undefined {
    const text = this.#request.headers['content-length'];
    return text === undefined ? undefined : Number(text);
  }

  /** Aborts when the client has left or the answer was broken off. */
  get signal(): AbortSignal {
    this.#signal ??= closeSignal(this.#response);
    return this.#signal;
  }
}

/** A request whose principal may do what its route does. */
export class RequestContext extends OpenContext {
  readonly principal: Principal;
  /** Why it is allowed, and the one facility it is confined to, if any: what belongs to others must be left out. */
  readonly decision: Allowed;
  /** Resolves once the decision is on record; rejects with an AuditError. */
  readonly recorded: Promise<void>;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    facts: RequestFacts,
    access: Pick<RequestContext, 'principal' | 'decision' | 'recorded'>,
  ) {
    super(request, response, facts);
    this.principal = access.principal;
    this.decision = access.decision;
    this.recorded = access.recorded;
  }
}

function closeSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    if (!response.writableFinished) controller.abort();
  };
  if (response.destroyed) abort();
  else response.once('close', abort);
  return controller.signal;
}
