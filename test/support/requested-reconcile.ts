/** Asks the admin API to compare store and index, and waits for what it found. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 100;
const PATIENCE_MS = 120_000;

export async function requestReconcile(
  url: string,
  { dryRun, headers = {} }: { readonly dryRun: boolean; readonly headers?: Readonly<Record<string, string>> },
): Promise<Readonly<Record<string, unknown>>> {
  const asked = await fetch(`${url}/admin/reconcile?dryRun=${dryRun}`, { method: 'POST', headers });
  if (asked.status !== 202) throw new Error(`POST /admin/reconcile answers ${asked.status}`);
  const location = new URL(asked.headers.get('location') ?? '', url);
  await asked.body?.cancel();
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const answer = await fetch(location, { headers });
    const request = (await answer.json()) as Readonly<Record<string, unknown>>;
    if (request['state'] === 'ended' || request['state'] === 'failed') return request;
    await sleep(LOOK_MS);
  }
  throw new Error(`the comparison has not ended after ${PATIENCE_MS} ms`);
}
