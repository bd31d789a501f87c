/** A follower of the change feed, as another system would be: it keeps its cursor, whatever happens to the archive. */
import { setTimeout as sleep } from 'node:timers/promises';
import { getJson } from '../../support/dicomweb.ts';

interface ChangesAnswer {
  readonly changes: readonly { readonly sopInstanceUids: readonly string[] }[];
  readonly next: string;
}

const LIMIT_MS = 20_000;
const POLL_MS = 50;

export class ChangeFollower {
  #cursor = '0:0';

  /** Follows until each of these SOP Instance UIDs was announced; returns those that were not within 20 s. */
  async followUntilSeen(url: string, sopInstanceUids: Iterable<string>): Promise<string[]> {
    const missing = new Set(sopInstanceUids);
    const deadline = performance.now() + LIMIT_MS;
    while (missing.size > 0 && performance.now() < deadline) {
      const { changes, next } = await getJson<ChangesAnswer>(`${url}/admin/changes?after=${this.#cursor}`);
      for (const uid of changes.flatMap((change) => change.sopInstanceUids)) missing.delete(uid);
      if (next === this.#cursor) await sleep(POLL_MS);
      this.#cursor = next;
    }
    return [...missing];
  }
}
