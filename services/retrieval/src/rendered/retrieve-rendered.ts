/** `GET …/instances/{instance}/rendered` and `…/frames/{frames}/rendered` (PS3.18 §10.4.1.1.3). */
import { DicomwebError, parseFrameList } from '@sandyq/dicomweb';
import { type Answer, HttpError, type RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from '../dependencies.ts';
import { findInstance } from '../find-instances.ts';
import { answerDocument } from './encapsulated-document.ts';
import { answerPresentationState } from './presentation/answer-presentation-state.ts';
import { notAPicture } from './render-source.ts';
import { renderedKindOf } from './rendered-kind.ts';
import { answerRenderedReport } from './report/answer-report.ts';
import { answerRenderedImage } from './retrieve-rendered-image.ts';

/** Answers with the instance as pictures, as the pictures a presentation state shows, as the text of a report, or as the document in it. */
export async function retrieveRenderedInstance(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const found = await findInstance(dependencies, context);
  const { location } = found;
  const kind = renderedKindOf(location);
  switch (kind) {
    case 'image': {
      const frameIndexes = Array.from({ length: location.pixelData?.frames ?? 0 }, (_, index) => index);
      return answerRenderedImage(dependencies, context, { found, frameIndexes, isWhole: true });
    }
    case 'presentation-state':
      return answerPresentationState(dependencies, context, found);
    case 'report':
      return answerRenderedReport(dependencies, context, found);
    case 'document':
      return answerDocument(dependencies, context, found);
    case 'other-presentation-state':
      throw new DicomwebError(
        'not-acceptable',
        `Presentation states of SOP class ${location.sopClassUid} are not rendered here, only Grayscale Softcopy ` +
          'Presentation States; accept application/dicom',
      );
    case 'none':
      throw notAPicture(location);
    default:
      return kind satisfies never;
  }
}

/** Answers with frames as pictures; 404 that names the first frame there is not. */
export async function retrieveRenderedFrames(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const frameNumbers = parseFrameList(context.params['frames'] ?? '');
  const found = await findInstance(dependencies, context);
  requireFrames(found.location.pixelData?.frames ?? 0, frameNumbers);
  const frameIndexes = frameNumbers.map((frameNumber) => frameNumber - 1);
  return answerRenderedImage(dependencies, context, { found, frameIndexes, isWhole: false });
}

/** Throws HttpError not-found for the first frame that the instance does not have. */
export function requireFrames(frames: number, frameNumbers: readonly number[]): void {
  const missing = frameNumbers.find((frameNumber) => frameNumber > frames);
  if (missing === undefined) return;
  throw new HttpError('not-found', `The instance has no frame ${missing}: it has ${frames}.`);
}
