/** `POST /dicom-web/studies[/{study}]` (PS3.18 §10.5): Part 10 files, or metadata and bulk data; receive-parts.ts reads them. */
import type { Principal } from '@sandyq/auth';
import { stringifyDicomJson } from '@sandyq/dicom';
import {
  DicomwebError,
  dataSetOffers,
  dicomJsonType,
  dicomXmlType,
  failureReasons,
  negotiate,
  parseAccept,
  parseUid,
  type StoreResult,
  storeResponse,
} from '@sandyq/dicomweb';
import { type AdmissionControl, type Answer, HttpError, type RequestContext } from '@sandyq/http';
import type { Sender } from '@sandyq/indexing';
import { DEFAULT_FACILITY_CODE } from '@sandyq/service';
import { AdmittedBody } from './admitted-body.ts';
import { CodedBody, contentCodingOf } from './coded-body.ts';
import type { IngestDependencies } from './dependencies.ts';
import { assertIndexKnows } from './index-knows.ts';
import { noteRightOf } from './note-right.ts';
import { isTroubleOfOurs } from './own-trouble.ts';
import { receiveRequest } from './receive-parts.ts';
import { StoreSession } from './store-session.ts';

/** For answers that say that store or database are away, or the quarantine is full. */
const RETRY_AFTER_SECONDS = 10;

/** How many of the instances were in the archive before: success either way, and good to know for whoever imports. */
const KNOWN_INSTANCES = 'Sandyq-Known-Instances';

export async function storeInstances(
  dependencies: IngestDependencies,
  admission: AdmissionControl,
  context: RequestContext,
): Promise<Answer> {
  const { study } = context.params;
  const studyInstanceUid = study === undefined ? undefined : parseUid(study, 'study');
  const coding = contentCodingOf(context.headers['content-encoding']);
  const answerType = answerTypeOf(context);
  try {
    await assertIndexKnows(dependencies.readiness);
    const sender = await senderOf(dependencies, context.principal);
    const reservation = await admission.admit(context.principal.id, context.contentLength, context.signal);
    try {
      const session = new StoreSession(dependencies, sender, {
        studyInstanceUid,
        recorded: context.recorded,
        notes: noteRightOf(dependencies.audit, context, String(sender.facility.facilityId)),
      });
      const { stallMs, turns } = dependencies;
      const admitted = new AdmittedBody(context.body, { reservation, stallMs, turns });
      const body = coding === 'identity' ? admitted : new CodedBody(admitted, { coding, reservation, turns });
      await receiveAll(dependencies, context, body, session);
      const answer = answerWith(await session.finish(), answerType, context);
      return { ...answer, headers: { ...answer.headers, [KNOWN_INSTANCES]: session.knownCount } };
    } finally {
      reservation.release();
    }
  } catch (error) {
    throw isTroubleOfOurs(error) ? unavailable(error) : error;
  }
}

/** A body as the handlers below read it. */
type StoreBody = AdmittedBody | CodedBody;

async function receiveAll(
  dependencies: IngestDependencies,
  context: RequestContext,
  body: StoreBody,
  session: StoreSession,
): Promise<void> {
  const { study } = context.params;
  const path = study === undefined ? '' : `/${encodeURIComponent(study)}`;
  try {
    await receiveRequest(
      dependencies,
      {
        contentType: context.headers['content-type'],
        url: `${context.baseUrl}/dicom-web/studies${path}`,
        body,
        reserve: (bytes) => body.reserve(bytes),
      },
      session,
    );
  } catch (error) {
    // What came whole is sealed and committed, though its sender only learns so from a repeat.
    await session.finish();
    throw body.refusal ?? error;
  } finally {
    body.release();
  }
}

/** Nothing was decided about what was sent. */
function unavailable(cause: unknown): HttpError {
  return new HttpError('overloaded', 'The archive can not store now. Try again later.', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause,
  });
}

function answerWith(results: readonly StoreResult[], answerType: string, context: RequestContext): Answer {
  const response = storeResponse(results, { rootUrl: `${context.baseUrl}/dicom-web` });
  const body = answerType === dicomXmlType ? response.xml() : stringifyDicomJson(response.json);
  const later = results.some(isWorthRepeating) ? { 'Retry-After': RETRY_AFTER_SECONDS } : {};
  const { location } = response;
  const created = location === undefined ? {} : { Location: location, 'Content-Location': location };
  return { status: response.status, headers: { 'Content-Type': answerType, ...created, ...later }, body };
}

/** Also of an answer of partial success: what failed for our trouble is worth sending again. */
function isWorthRepeating(result: StoreResult): boolean {
  return result.verdict === 'failed' && failureReasons[result.reason].status === 503;
}

/** Negotiated before anything is received: a 406 after the fact would hide that the instances are stored. */
function answerTypeOf(context: RequestContext): string {
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const offer = negotiate(accept, dataSetOffers);
  if (offer === undefined)
    throw new DicomwebError('not-acceptable', `answers are ${dicomJsonType} or ${dicomXmlType}`);
  return offer.mediaType;
}

async function senderOf({ directory }: IngestDependencies, principal: Principal): Promise<Sender> {
  const facility =
    principal.facilityId === undefined
      ? await directory.facilityByCode(DEFAULT_FACILITY_CODE)
      : await directory.facility(Number(principal.facilityId));
  if (facility === undefined) {
    throw new HttpError('forbidden', 'This credential belongs to no facility that could own what it stores.');
  }
  return {
    principalId: principal.id,
    facility,
    device: principal.deviceId === undefined ? undefined : await directory.device(Number(principal.deviceId)),
    devices: await directory.devicesOf(facility.facilityId),
  };
}
