/** Work that the admin API is asked for and does in the background: asked, followed to its end. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 100;
const PATIENCE_MS = 120_000;
const OVER: readonly unknown[] = ['done', 'failed', 'stopped'];

/** A request as the admin API shows it. */
export type ShownRequest = Readonly<Record<string, unknown>>;

/** What is asked, and by whom. */
export interface Asking {
  /** As JSON. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks; returns the address of the request. Throws unless the answer is 202. */
export async function ask(url: string, path: string, { body, headers = {} }: Asking = {}): Promise<string> {
  const asked = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await asked.text();
  if (asked.status !== 202) throw new Error(`POST ${path} answers ${asked.status}: ${text}`);
  return new URL(asked.headers.get('location') ?? '', url).href;
}

/** Looks until it is over. */
export async function follow(location: string, headers: Asking['headers'] = {}): Promise<ShownRequest> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const answer = await fetch(location, { headers });
    const request = (await answer.json()) as ShownRequest;
    if (OVER.includes(request['state'])) return request;
    await sleep(LOOK_MS);
  }
  throw new Error(`${location} has not ended after ${PATIENCE_MS} ms`);
}

/** Asks, and waits for what it comes to. */
export async function askAndFollow(url: string, path: string, asking: Asking = {}): Promise<ShownRequest> {
  return follow(await ask(url, path, asking), asking.headers);
}
