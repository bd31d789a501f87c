/** Metadata of whole series: asked for the first time, again, and compressed. */
import { gunzipSync } from 'node:zlib';
import type { ComparedCase, Goal, Measured, Scale, Target, Turn } from '../bench-case.ts';
import { type Answer, type Outgoing } from '../driver/connection.ts';
import { drive, expectStatus, type Job } from '../driver/drive.ts';
import type { LoadInstance } from '../load/instance.ts';
import type { LoadPart, StoredLoad } from '../load/stored-load.ts';
import { metadataSeriesPart } from './load-parts.ts';
import { staticCase } from './static-floor.ts';

const SOP_INSTANCE_UID = '00080018';
/** A CT slice of the load has 135 attributes beside its pixels; what a server adds or leaves out is its own. */
const FEWEST_ATTRIBUTES = 125;

/** How it is asked for. */
interface MetadataShape {
  readonly slices: readonly [quick: number, full: number];
  readonly kind: 'first' | 'repeated' | 'gzip';
}

/** The cases of PS3.18 §10.4.1.1.2 for a series. */
export function metadataCases(load: StoredLoad): ComparedCase[] {
  return [300, 1_000].flatMap((slices) =>
    (['first', 'repeated', 'gzip'] as const).map((kind) =>
      metadataCase(load, { slices: [slices / 5, slices], kind }),
    ),
  );
}

function metadataCase(load: StoredLoad, { slices, kind }: MetadataShape): ComparedCase {
  const name = `metadata-${slices[1]}-${kind}`;
  // A series of its own for every turn that must be the first; one for all the others.
  const partOf = (scale: Scale, round: number): LoadPart<LoadInstance[]> => {
    const which = kind === 'first' ? `first-${round}` : 'repeated';
    return metadataSeriesPart(`metadata-${slices[1]}-${which}`, scale.of(...slices));
  };
  const run = (target: Target, { round, scale }: Turn): Promise<Measured> => {
    const job = metadataJob(target, load.get(partOf(scale, round)), kind === 'gzip');
    return drive(1, [job], { atLeast: kind === 'first' ? 0 : scale.seconds });
  };
  const words = { first: 'first time', repeated: 'repeated', gzip: 'repeated, Accept-Encoding: gzip' }[kind];
  return {
    kind: 'compared',
    name,
    work: `metadata of a series of ${slices[1]}, ${words}`,
    goals: goalsOf(kind),
    prepare: async (target, scale) => {
      const rounds = kind === 'first' ? scale.rounds + 1 : 1;
      for (let round = 0; round < rounds; round += 1) await load.store(target, partOf(scale, round));
    },
    run,
    ...(kind !== 'first' && {
      floor: staticCase({
        name,
        own: ({ scale, round }, target) =>
          metadataJob(target, load.get(partOf(scale, round)), kind === 'gzip').request,
      }),
    }),
  };
}

function goalsOf(kind: MetadataShape['kind']): Goal[] {
  if (kind === 'first') return [{ measure: 'p50Ms', against: 'peer', ratio: 1 / 30 }];
  const floor: Goal = { measure: 'perSecond', against: 'floor', ratio: 0.5 };
  return [{ measure: 'p50Ms', against: 'peer', ratio: 1 / 5 }, floor];
}

function metadataJob({ dicomWebUrl }: Target, series: readonly LoadInstance[], isGzip: boolean): Job {
  const { studyInstanceUid, seriesInstanceUid } = series[0] ?? {};
  const request: Outgoing = {
    method: 'GET',
    url: `${dicomWebUrl}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/metadata`,
    headers: { accept: 'application/dicom+json', ...(isGzip && { 'accept-encoding': 'gzip' }) },
  };
  // Parsing megabytes takes longer than to answer them: a body is read when it differs from the last good one.
  let known: Buffer | undefined;
  return {
    request,
    verify: (answer) => {
      expectStatus(answer, request);
      if (known?.equals(answer.body) === true) return;
      expectMetadata(decoded(answer), series);
      known = Buffer.from(answer.body);
    },
  };
}

function decoded({ headers, body }: Answer): unknown {
  const isGzip = headers.get('content-encoding') === 'gzip';
  return JSON.parse((isGzip ? gunzipSync(body) : body).toString('utf8')) as unknown;
}

/** Every instance once, each with its attributes. */
function expectMetadata(json: unknown, series: readonly LoadInstance[]): void {
  const dataSets = json as readonly Readonly<Record<string, { readonly Value?: readonly unknown[] }>>[];
  const found = new Set(dataSets.map((dataSet) => dataSet[SOP_INSTANCE_UID]?.Value?.[0]));
  const missing = series.filter(({ sopInstanceUid }) => !found.has(sopInstanceUid));
  if (dataSets.length !== series.length || missing.length > 0) {
    throw new Error(`${dataSets.length} data sets for ${series.length} instances, ${missing.length} missing`);
  }
  const fewest = Math.min(...dataSets.map((dataSet) => Object.keys(dataSet).length));
  if (fewest < FEWEST_ATTRIBUTES) throw new Error(`a data set of ${fewest} attributes only`);
}
