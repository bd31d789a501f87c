/** A request in parts that can be changed one by one, and as the bytes that go over the connection. */

/** A request. Texts are sent as they are, one byte a character: nothing is encoded or checked on the way. */
export interface FuzzRequest {
  readonly method: string;
  /** Segments of the path, percent-encoded: `['dicom-web', 'studies']`. */
  readonly segments: readonly string[];
  /** Name and value, percent-encoded. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Without Host and Content-Length, which are added unless they are here. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
  /** Changes the bytes once they are made. A request so changed may be no HTTP at all. */
  readonly spoil?: (bytes: Buffer) => Buffer;
}

/** Makes a request of a path with a query. */
export function requestOf(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body?: Buffer,
): FuzzRequest {
  const [path = '', query = ''] = target.split('?');
  return {
    method,
    segments: path.split('/').slice(1),
    query:
      query === ''
        ? []
        : query
            .split('&')
            .map((pair) => [pair.split('=')[0] ?? '', pair.split('=').slice(1).join('=')] as const),
    headers: Object.entries(headers),
    ...(body !== undefined && { body }),
  };
}

/** Path and query. */
export function targetOf({ segments, query }: FuzzRequest): string {
  const pairs = query.map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return `/${segments.join('/')}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

/** Its bytes. */
export function bytesOfRequest(request: FuzzRequest): Buffer {
  const { method, headers, body, spoil } = request;
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const all = [
    ...(names.has('host') ? [] : [['Host', '127.0.0.1'] as const]),
    ...headers,
    ...(body === undefined || names.has('content-length') || names.has('transfer-encoding')
      ? []
      : [['Content-Length', String(body.length)] as const]),
  ];
  const head = [
    `${method} ${targetOf(request)} HTTP/1.1`,
    ...all.map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  const bytes = Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
  return spoil === undefined ? bytes : spoil(bytes);
}
