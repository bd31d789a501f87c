/** `POST /admin/compaction?study=…&dryRun=true`: joins the small segments of series now, whenever something came last. */
import { parseUid } from '@sandyq/dicomweb';
import { type GuardedRoute, jsonAnswer } from '@sandyq/http';
import { compactNow, pace } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { compactionPorts } from '../compact-segments.ts';
import { flagOf } from './parameters.ts';
import { adminRoute } from './refusal.ts';

/** Answers when it is done. It ends early if the client leaves; what was joined stays joined. */
export function compactionRoute(archive: Archive): GuardedRoute {
  return adminRoute({
    method: 'POST',
    path: '/admin/compaction',
    action: 'administer',
    patientData: false,
    handler: async (context) => {
      const dryRun = flagOf(context, 'dryRun');
      const study = context.query.get('study');
      const report = await compactNow(compactionPorts(archive), {
        dryRun,
        studyInstanceUid: study === null ? undefined : parseUid(study, 'study'),
        pace: pace({ bytesPerSecond: archive.settings.compactBytesPerSecond, givesWay: true }),
        signal: context.signal,
      });
      return jsonAnswer(200, { dryRun, ...report });
    },
  });
}
