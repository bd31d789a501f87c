/** Pictures of many frames as parts of an answer: a few are made at the same time, each one frame by itself. */
import { availableParallelism } from 'node:os';
import { frameUrl, type InstancePath } from '@sandyq/dicomweb';
import type { RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { BodyPart } from '../multipart-body.ts';
import type { Reader } from '../read-entry.ts';
import { inOrder } from '../transcoding/in-order.ts';
import { renderFrames } from './render-frames.ts';
import { partOf } from './rendered-answer.ts';
import { openOrder, type PictureOrder, renderedPicture } from './rendered-picture.ts';

/** Frames of an instance, each to be a picture. */
export interface ShownInstance extends Omit<PictureOrder, 'isAnimated'> {
  readonly path: InstancePath;
}

/** What becomes of an instance with a frame that there is no picture of: a part that says so; or it throws, which ends all. */
export type OnFault = (instance: ShownInstance, fault: unknown) => BodyPart;

type Asker = Pick<RequestContext, 'baseUrl'> & Reader;

/** One for each core, and one that is read meanwhile. */
const MOST_AT_ONCE = availableParallelism() + 1;

/** A part for each frame, in order. After a fault the rest of its instance is left out. */
export async function* pictureParts(
  dependencies: RetrievalDependencies,
  { baseUrl, logger, signal }: Asker,
  instances: AsyncIterable<ShownInstance> | Iterable<ShownInstance>,
  onFault: OnFault,
): AsyncGenerator<BodyPart> {
  const given = new AbortController();
  const asker = { baseUrl, logger, signal: AbortSignal.any([signal, given.signal]) };
  const failed = new Set<ShownInstance>();
  const make = (unit: Unit) => made(dependencies, asker, unit);
  try {
    for await (const { instance, outcome } of inOrder(unitsOf(instances, failed), make, MOST_AT_ONCE)) {
      if (failed.has(instance)) continue;
      try {
        if (outcome.status === 'rejected') throw outcome.reason;
        yield* outcome.value;
      } catch (fault) {
        failed.add(instance);
        yield onFault(instance, fault);
      }
    }
  } finally {
    given.abort(new Error('nobody waits for the pictures any more'));
  }
}

/** Frames of an instance that are made together: one, or all of what can only be inflated from its beginning. */
interface Unit {
  readonly instance: ShownInstance;
  readonly frameIndexes: readonly number[];
}

async function* unitsOf(
  instances: AsyncIterable<ShownInstance> | Iterable<ShownInstance>,
  failed: ReadonlySet<ShownInstance>,
): AsyncGenerator<Unit> {
  for await (const instance of instances) {
    const { location, frameIndexes } = instance;
    if (location.pixelData?.kind === 'native' && location.pixelData.deflated === true) {
      yield { instance, frameIndexes };
      continue;
    }
    for (const frameIndex of frameIndexes) {
      if (failed.has(instance)) break;
      yield { instance, frameIndexes: [frameIndex] };
    }
  }
}

/** The parts of a unit, the fault that there is instead, or parts that are made as they are taken. */
async function made(dependencies: RetrievalDependencies, asker: Asker, { instance, frameIndexes }: Unit) {
  const order = { ...instance, frameIndexes };
  const parts =
    frameIndexes.length === 1
      ? renderedPicture(dependencies, order, asker).then((bytes) => [framePart(asker, order, 0, bytes)])
      : Promise.resolve(streamedParts(dependencies, asker, order));
  const [outcome] = await Promise.allSettled([parts]);
  return { instance, outcome };
}

async function* streamedParts(
  dependencies: RetrievalDependencies,
  asker: Asker,
  order: ShownInstance,
): AsyncGenerator<BodyPart> {
  const frames = await openOrder(dependencies, order, asker);
  let position = 0;
  for await (const bytes of renderFrames(dependencies, frames, asker)) {
    yield framePart(asker, order, position, bytes);
    position += 1;
  }
}

function framePart(
  { baseUrl }: Asker,
  { path, frameIndexes, style }: ShownInstance,
  position: number,
  bytes: Buffer,
): BodyPart {
  const frameNumber = (frameIndexes[position] ?? 0) + 1;
  const contentLocation = `${frameUrl(`${baseUrl}/dicom-web`, path, frameNumber)}/rendered`;
  return partOf(style.mediaType, { contentLocation, bytes });
}
