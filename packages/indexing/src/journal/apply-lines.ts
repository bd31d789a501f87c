/**
 * What lines change that the database did not know: who sends, what was decided on rows that it has. What it has no rows
 * for gets its standing when its segment is replayed, from the same lines.
 */
import {
  type AppliedPlace,
  applyApiKeyCreated,
  applyApiKeyRevoked,
  applyCorrectionDiscarded,
  applyDeviceCreated,
  applyFacilityCreated,
  applyInstanceReplaced,
  applyIssuerCreated,
  applyLooseQuarantined,
  applyQuarantineDecided,
  applyRetentionLine,
  applySegmentSuperseded,
  demandVerdicts,
  type Queryable,
  reserveNumbers,
} from '@sandyq/database';
import { isRetentionLine, type JournalLine } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

export interface ApplyPorts {
  /** By line id: where accepted bytes were taken to, where that is there. */
  readonly places: ReadonlyMap<number, AppliedPlace>;
  readonly logger: Logger;
}

/** Applies the lines in order; call it within the transaction that takes them over. */
export async function applyLines(
  client: Queryable,
  lines: readonly JournalLine[],
  ports: ApplyPorts,
): Promise<void> {
  await reserveNumbers(client, lines);
  const toReplay = new Set<string>();
  for (const line of lines) {
    for (const segmentId of await applyLine(client, line, ports)) toReplay.add(segmentId);
  }
  await demandVerdicts(client, [...toReplay]);
}

/** Returns the segments of which entries are to be judged by what was said. */
async function applyLine(client: Queryable, line: JournalLine, ports: ApplyPorts): Promise<string[]> {
  if (isRetentionLine(line)) {
    if (!(await applyRetentionLine(client, line)))
      ports.logger.error('journal-line-not-applied', { kind: line.kind, line: line.id });
    return [];
  }
  switch (line.kind) {
    case 'issuer-created':
      await applyIssuerCreated(client, line.fact);
      return [];
    case 'facility-created':
      await applyFacilityCreated(client, line.fact, line);
      return [];
    case 'device-created':
      if (!(await applyDeviceCreated(client, line.fact, line)))
        ports.logger.error('journal-device-not-applied', { device: line.fact.code });
      return [];
    case 'api-key-created':
      await applyApiKeyCreated(client, line.fact, line);
      return [];
    case 'api-key-revoked':
      await applyApiKeyRevoked(client, line.fact, line);
      return [];
    case 'quarantined':
      await applyLooseQuarantined(client, line.fact);
      return present(line.fact.segmentId);
    case 'quarantine-accepted':
      return acceptedSegments(client, line, ports);
    case 'quarantine-discarded':
      await applyQuarantineDecided(client, line, line, undefined);
      return present(line.fact.segmentId);
    case 'instance-replaced':
      return (await applyInstanceReplaced(client, line.fact, line)) ? [] : [line.fact.segmentId];
    case 'correction-discarded':
      await applyCorrectionDiscarded(client, line.fact, line);
      return [line.fact.segmentId];
    case 'correction-proposed':
    case 'instance-equal':
    case 'identity-conflict':
      return [line.fact.segmentId];
    case 'segment-superseded':
      await applySegmentSuperseded(client, line.fact, line);
      return [];
    case 'checkpoint':
    case 'epoch-ended':
      return [];
    default:
      return line satisfies never;
  }
}

/** The accepted bytes become an instance: where they came, where they lie, and where they were taken to. */
async function acceptedSegments(
  client: Queryable,
  line: Extract<JournalLine, { kind: 'quarantine-accepted' }>,
  { places }: ApplyPorts,
): Promise<string[]> {
  const liesIn = await applyQuarantineDecided(client, line, line, places.get(line.id));
  return [...present(line.fact.segmentId), ...present(liesIn), ...present(line.fact.place?.segmentId)];
}

function present(segmentId: string | undefined): string[] {
  return segmentId === undefined ? [] : [segmentId];
}
