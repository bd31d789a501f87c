/** Asks the admin API to compare store and index, and waits for what it found. */
import { type Asking, askAndFollow, type ShownRequest } from './requested-work.ts';

export async function requestReconcile(
  url: string,
  { dryRun, headers }: { readonly dryRun: boolean } & Pick<Asking, 'headers'>,
): Promise<ShownRequest> {
  return askAndFollow(url, `/admin/reconcile?dryRun=${dryRun}`, headers === undefined ? {} : { headers });
}
