/** Changes of requests: path, query, header fields, method, payload, and the bytes themselves. */
import type { SeededRandom } from '../support/seeded-random.ts';
import type { FuzzRequest } from './fuzz-request.ts';
import { anyHeader } from './hostile-headers.ts';
import { anyParameter, hostileText, hostileUrlText } from './hostile-values.ts';
import { mutateBytes } from './mutate-bytes.ts';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'get', 'X'];

/** A request changed in one way of several. */
export function mutateRequest(request: FuzzRequest, random: SeededRandom): FuzzRequest {
  const mutations = request.body === undefined ? WITHOUT_BODY : WITH_BODY;
  return random.pick(mutations)(request, random);
}

type Mutation = (request: FuzzRequest, random: SeededRandom) => FuzzRequest;

const changeSegment: Mutation = (request, random) => {
  const segments = [...request.segments];
  const index = random.integer(0, Math.max(1, segments.length));
  switch (random.integer(0, 5)) {
    case 0:
      segments.splice(index, 1);
      break;
    case 1:
      segments.splice(index, 0, hostileUrlText(random));
      break;
    case 2:
      segments[index] = `${segments[index] ?? ''}${hostileUrlText(random)}`;
      break;
    case 3:
      segments[index] = `${hostileUrlText(random)},${segments[index] ?? ''}`;
      break;
    default:
      segments[index] = hostileUrlText(random);
  }
  return { ...request, segments };
};

const addParameter: Mutation = (request, random) => ({
  ...request,
  query: [...request.query, anyParameter(random)],
});

const changeParameter: Mutation = (request, random) => {
  if (request.query.length === 0) return addParameter(request, random);
  const query = [...request.query];
  const index = random.integer(0, query.length);
  const [name, value] = query[index] ?? ['', ''];
  const choice = random.integer(0, 5);
  if (choice === 0) query.splice(index, 1);
  else if (choice === 1) query.push([name, hostileUrlText(random)]);
  else if (choice === 2) query[index] = [`${name}${hostileUrlText(random)}`, value];
  else if (choice === 3) query[index] = [name, `${value}${hostileUrlText(random)}`];
  else query[index] = [name, hostileUrlText(random)];
  return { ...request, query };
};

const setHeader: Mutation = (request, random) => {
  const [name, value] = anyHeader(random);
  const others =
    random.next() < 0.8
      ? request.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase())
      : request.headers;
  return { ...request, headers: [...others, [name, value]] };
};

const changeHeader: Mutation = (request, random) => {
  if (request.headers.length === 0) return setHeader(request, random);
  const headers = [...request.headers];
  const index = random.integer(0, headers.length);
  const [name, value] = headers[index] ?? ['', ''];
  headers[index] = [
    name,
    mutateBytes(Buffer.from(value, 'latin1'), random)
      .toString('latin1')
      .replaceAll(/[\r\n\0]/g, ''),
  ];
  return { ...request, headers };
};

const changeMethod: Mutation = (request, random) => ({ ...request, method: random.pick(METHODS) });

const changeBody: Mutation = (request, random) => ({
  ...request,
  body: mutateBytes(request.body ?? Buffer.alloc(0), random),
});

/** A token of a JSON or XML text, or a header line of a part, replaced by something hostile. */
const changeToken: Mutation = (request, random) => {
  const text = (request.body ?? Buffer.alloc(0)).toString('latin1');
  const tokens = [...text.slice(0, 20_000).matchAll(/"[^"\\]{0,80}"|[\w.+-]{1,80}|[{}[\]<>,:;=]/g)];
  if (tokens.length === 0) return changeBody(request, random);
  const token = random.pick(tokens);
  const hostile = Buffer.from(hostileText(random), 'utf8').toString('latin1');
  const replacement = token[0].startsWith('"') && random.next() < 0.7 ? JSON.stringify(hostile) : hostile;
  const changed = text.slice(0, token.index) + replacement + text.slice(token.index + token[0].length);
  return { ...request, body: Buffer.from(changed, 'latin1') };
};

/** Line ends, preamble, epilogue, delimiters: what multipart readers get wrong. */
const changeFraming: Mutation = (request, random) => {
  const text = (request.body ?? Buffer.alloc(0)).toString('latin1');
  const boundary =
    /boundary="?([^";]+)/.exec(request.headers.find(([name]) => name === 'Content-Type')?.[1] ?? '')?.[1] ??
    'b';
  const changed = random.pick([
    () => text.replaceAll('\r\n', '\n'),
    () => text.replaceAll(`--${boundary}`, `--${boundary} \t`),
    () => text.replace(`--${boundary}--`, ''),
    () => text.replace(`--${boundary}`, `--${boundary}--\r\n--${boundary}`),
    () => `a preamble\r\n${text}an epilogue`,
    () => text.replace('\r\n\r\n', '\r\n'),
    () => text.replace('\r\n\r\n', `\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`),
    () => text.replace(/Content-Type/i, 'cOnTeNt-tYpE '),
    () => `${text}--${boundary}\r\n\r\n`.repeat(3),
    () => `--${boundary}\r\n`.repeat(2_000) + text,
  ])();
  return { ...request, body: Buffer.from(changed, 'latin1') };
};

const spoilBytes: Mutation = (request, random) => {
  const seeded = random.integer(1, 2 ** 31);
  const { spoil } = request;
  return {
    ...request,
    spoil: (bytes) => {
      const before = spoil === undefined ? bytes : spoil(bytes);
      // The head only: the rest has mutations of its own.
      const at = seeded % Math.min(before.length, 400);
      const copy = Buffer.from(before);
      copy.writeUInt8(seeded % 256, at);
      return copy;
    },
  };
};

const WITHOUT_BODY: readonly Mutation[] = [
  changeSegment,
  changeSegment,
  addParameter,
  addParameter,
  changeParameter,
  changeParameter,
  setHeader,
  setHeader,
  setHeader,
  changeHeader,
  changeMethod,
  spoilBytes,
];
const WITH_BODY: readonly Mutation[] = [
  changeBody,
  changeBody,
  changeToken,
  changeToken,
  changeToken,
  changeFraming,
  setHeader,
  changeHeader,
  changeSegment,
  spoilBytes,
];
