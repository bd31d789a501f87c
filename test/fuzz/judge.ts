/** What answers to mutated requests may be: anything but trouble of the archive's own. */
import type { FuzzRequest } from './fuzz-request.ts';
import type { Outcome } from './raw-client.ts';

/** The longest that an answer may take. */
export const LONGEST_MS = 5_000;

/** Header fields that decide how long a request is: whoever changes one may have to wait for the rest of it. */
const FRAMING: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'upgrade',
  'connection',
]);

/** Whether the request is whole, so that it must be answered. */
export function isWhole({ spoil, headers, method }: FuzzRequest): boolean {
  const hasFraming = headers.some(
    ([name]) => FRAMING.has(name.toLowerCase()) || !/^[\w!#$%&'*+.^`|~-]+$/.test(name),
  );
  return spoil === undefined && !hasFraming && /^[A-Z]+$/.test(method);
}

/** What is wrong with an outcome; undefined if nothing is. */
export function fault(request: FuzzRequest, outcome: Outcome): string | undefined {
  const whole = isWhole(request);
  if (outcome.kind === 'silent') return whole ? `no answer within ${Math.round(outcome.ms)} ms` : undefined;
  if (outcome.kind === 'closed') return whole ? 'closed without a whole answer' : undefined;
  const { status, headers, ms } = outcome;
  if (ms > LONGEST_MS && whole) return `answered ${status} after ${Math.round(ms)} ms`;
  if (status >= 100 && status < 500) return undefined;
  // Overloaded, and says when to come again.
  if (status === 503 && headers.has('retry-after')) return undefined;
  // HTTP that Node does not speak.
  if (!whole && (status === 501 || status === 505)) return undefined;
  return `answered ${status}: ${outcome.body.toString('utf8', 0, 300)}`;
}
