/** Answers that need a codec: a cine frame in another syntax, rendered slices and thumbnails, first and repeated. */
import sharp from 'sharp';
import type { ComparedCase, Scale, Turn } from '../bench-case.ts';
import type { Answer, Outgoing } from '../driver/connection.ts';
import { drive, expectStatus, type Job } from '../driver/drive.ts';
import { partsOf } from '../driver/part-splitter.ts';
import type { CineFrames } from '../load/cines.ts';
import { instancePath, type LoadInstance } from '../load/instance.ts';
import type { StoredLoad } from '../load/stored-load.ts';
import { cinesPart, ctStudyPart } from './load-parts.ts';

const NATIVE = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1';
/** Decoders of JPEG differ by rounding, and by how they spread the colours of neighbours. */
const MOST_MEAN_DIFFERENCE = 3;

/** The cases of frames in another transfer syntax and of Retrieve Rendered (PS3.18 §10.4.1.1.3). */
export function pictureCases(load: StoredLoad): ComparedCase[] {
  return [
    transcodedCase(load),
    ...pictureKinds.flatMap(({ path, work, goals }) =>
      (['first', 'repeated'] as const).map((turn) =>
        pictureCase(load, { path, work, turn, ratio: goals[turn] }),
      ),
    ),
  ];
}

const pictureKinds = [
  { path: 'rendered', work: 'rendered CT', goals: { first: 1 / 1.3, repeated: 1 / 8 } },
  { path: 'thumbnail', work: 'thumbnail of a CT slice', goals: { first: 1 / 1.3, repeated: 1 / 8 } },
] as const;

interface PictureShape {
  readonly path: 'rendered' | 'thumbnail';
  readonly work: string;
  readonly turn: 'first' | 'repeated';
  readonly ratio: number;
}

/** Slices never asked for in every turn, or the same few in all. */
function pictureCase(load: StoredLoad, { path, work, turn: kind, ratio }: PictureShape): ComparedCase {
  const part = (scale: Scale) => ctStudyPart(scale, 'ct-pictures');
  const slicesOf = (instances: readonly LoadInstance[], { round, scale }: Turn): readonly LoadInstance[] => {
    const count = Math.floor(instances.length / (scale.rounds + 2));
    if (kind === 'first') return instances.slice((round + 1) * count, (round + 2) * count);
    return instances.slice(0, Math.min(count, 10));
  };
  return {
    kind: 'compared',
    name: `${path}-${kind}`,
    work: `${work}, ${kind === 'first' ? 'never asked for before' : 'repeated'}`,
    goals: [{ measure: 'p50Ms', against: 'peer', ratio }],
    prepare: (target, scale) => load.store(target, part(scale)),
    run: (target, turn) => {
      const slices = slicesOf(load.get(part(turn.scale)), turn);
      const jobs = slices.map((slice) => pictureJob(target.dicomWebUrl, slice, path));
      return drive(1, jobs, { atLeast: kind === 'first' ? 0 : turn.scale.seconds });
    },
  };
}

function pictureJob(dicomWebUrl: string, instance: LoadInstance, path: string): Job {
  const url = `${dicomWebUrl}${instancePath(instance)}/${path}`;
  const request: Outgoing = { method: 'GET', url, headers: { accept: 'image/jpeg' } };
  return {
    request,
    verify: (answer) => {
      expectStatus(answer, request);
      expectJpeg(answer.body, url);
    },
  };
}

/** Begins and ends as a JPEG does (T.81 §B.2.1). */
function expectJpeg(body: Buffer, url: string): void {
  const isWhole =
    body.length > 500 && body.readUInt16BE(0) === 0xffd8 && body.readUInt16BE(body.length - 2) === 0xffd9;
  if (!isWhole) throw new Error(`${url}: not a JPEG, ${body.length} bytes`);
}

/** Frames of JPEG cines as plain samples: every frame is another one. */
function transcodedCase(load: StoredLoad): ComparedCase {
  const part = async (scale: Scale) => cinesPart(scale, await load.cineFrames(scale.isQuick));
  return {
    kind: 'compared',
    name: 'cine-frame-transcoded',
    work: 'one cine frame in another syntax',
    goals: [{ measure: 'p50Ms', against: 'peer', ratio: 1 / 50 }],
    prepare: async (target, scale) => load.store(target, await part(scale)),
    run: async (target, { random, scale }) => {
      const instances = load.get(await part(scale));
      const frames = await load.cineFrames(scale.isQuick);
      const answers: { readonly frame: number; readonly samples: Buffer }[] = [];
      const jobs = Array.from({ length: scale.of(3, 12) }, () => {
        const frame = random.integer(1, frames.encoded.length + 1);
        const instance = random.pick(instances);
        return transcodedJob(target.dicomWebUrl, instance, frame, (samples) =>
          answers.push({ frame, samples }),
        );
      });
      const measured = await drive(1, jobs, { atMost: scale.mostSeconds });
      for (const { frame, samples } of answers) await expectPicture(frames, frame, samples);
      return measured;
    },
  };
}

function transcodedJob(
  dicomWebUrl: string,
  instance: LoadInstance,
  frame: number,
  onSamples: (samples: Buffer) => void,
): Job {
  const url = `${dicomWebUrl}${instancePath(instance)}/frames/${frame}`;
  const request: Outgoing = { method: 'GET', url, headers: { accept: NATIVE } };
  return {
    request,
    verify: (answer: Answer) => {
      expectStatus(answer, request);
      const [part] = partsOf(answer.headers.get('content-type'), answer.body);
      onSamples(Buffer.from(part ?? ''));
    },
  };
}

/** Grey pictures: their samples are nearly the same in RGB, and in YBR the first of each three. */
async function expectPicture({ encoded }: CineFrames, frame: number, samples: Buffer): Promise<void> {
  const expected = await sharp(encoded[frame - 1])
    .raw()
    .toBuffer();
  let difference = 0;
  for (let at = 0; at < expected.length; at += 3)
    difference += Math.abs((samples[at] ?? 0) - (expected[at] ?? 0));
  const mean = (difference * 3) / expected.length;
  if (samples.length === expected.length && mean <= MOST_MEAN_DIFFERENCE) return;
  throw new Error(`frame ${frame}: ${samples.length} bytes, ${mean.toFixed(1)} away from what was encoded`);
}
