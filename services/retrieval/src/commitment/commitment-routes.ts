/** Storage Commitment (PS3.18 §13): `POST` and `GET /dicom-web/commitment-requests/{transaction}`. */
import { insertCommitmentRequest, type KnownCommitment, readCommitmentRequest } from '@sandyq/database';
import { stringifyDicomJson } from '@sandyq/dicom';
import {
  DicomwebError,
  dataSetOffers,
  dicomJsonToXml,
  dicomJsonType,
  dicomXmlType,
  negotiate,
  parseAccept,
} from '@sandyq/dicomweb';
import { type Answer, type GuardedRoute, HttpError, type RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from '../dependencies.ts';
import { referencesOf } from './commitment-references.ts';
import { commitmentResult } from './commitment-result.ts';
import type { CommitmentWorker } from './commitment-worker.ts';
import { readCommitmentModule } from './read-commitment-module.ts';

/** How long a request is worked on before its sender is told to come back: below the minute that proxies wait. */
const AT_ONCE_MS = 10_000;
const COME_BACK_SECONDS = 10;
const LONGEST_UID = 64;
/** Requests of one principal that may wait. */
const MOST_WAITING = 1_000;

/** The routes; the worker verifies what they take in. */
export function commitmentRoutes(
  dependencies: RetrievalDependencies,
  worker: CommitmentWorker,
): GuardedRoute[] {
  const common = {
    path: '/dicom-web/commitment-requests/:transaction',
    action: 'commit-storage',
    patientData: true,
    keepsToFacility: true,
  } as const;
  return [
    { ...common, method: 'POST', handler: (context) => requestCommitment(dependencies, worker, context) },
    { ...common, method: 'GET', handler: (context) => checkCommitment(dependencies, context) },
  ];
}

/** Answers 200 with the result, or 202 where it takes longer (§13.4.3); 409 where the Transaction UID is taken. */
async function requestCommitment(
  dependencies: RetrievalDependencies,
  worker: CommitmentWorker,
  context: RequestContext,
): Promise<Answer> {
  const { database } = dependencies;
  const answerType = answerTypeOf(context);
  const transactionUid = transactionOf(context);
  const request = {
    transactionUid,
    principalId: context.principal.id,
    facilityId: facilityOf(context),
    instances: referencesOf(await readCommitmentModule(context)),
    mostWaiting: MOST_WAITING,
  };
  const takeIn = () => insertCommitmentRequest(database, request);
  const wait = { atMostMs: AT_ONCE_MS, signal: context.signal };
  const acceptance = await worker.finish(transactionUid, takeIn, wait);
  if (acceptance === 'duplicate') {
    throw new HttpError('conflict', 'This Transaction UID is in use: take another, or GET its result.');
  }
  if (acceptance === 'too-many') {
    throw new HttpError('overloaded', 'Too many of your requests wait already. Try again later.', {
      retryAfterSeconds: COME_BACK_SECONDS,
    });
  }
  return answerWith(await readCommitmentRequest(database, transactionUid), answerType);
}

/** Answers 200 with the result, 202 while it is worked on, 404 where there is none, 410 where it is forgotten (§13.5.3). */
async function checkCommitment(
  { database }: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const answerType = answerTypeOf(context);
  const transactionUid = transactionOf(context);
  const known = await readCommitmentRequest(database, transactionUid);
  const facilityId = facilityOf(context);
  const isVisible = facilityId === undefined || known?.facilityId === facilityId;
  return answerWith(isVisible ? known : undefined, answerType);
}

/** Unlike those of instances, it is of today: no device of former times needs more leniency than leading zeros. */
function transactionOf({ params }: RequestContext): string {
  const { transaction = '' } = params;
  if (transaction.length <= LONGEST_UID && /^\d+(\.\d+)+$/.test(transaction)) return transaction;
  throw new HttpError('bad-request', 'The Transaction UID is not a UID (PS3.5 §9.1), e.g. 2.25.4711.');
}

function answerWith(known: KnownCommitment | undefined, answerType: string): Answer {
  if (known === undefined) {
    throw new HttpError('not-found', 'There is no storage commitment request of this Transaction UID.');
  }
  switch (known.state) {
    case 'expired':
      throw new HttpError('gone', 'The result is not kept any more: ask anew under another Transaction UID.');
    case 'working':
      return { status: 202, headers: { 'Retry-After': COME_BACK_SECONDS } };
    case 'done': {
      const module = commitmentResult(known.instances, known.outcomes);
      const body = answerType === dicomXmlType ? dicomJsonToXml(module) : stringifyDicomJson(module);
      return { status: 200, headers: { 'Content-Type': answerType }, body };
    }
    default:
      return known.state satisfies never;
  }
}

function facilityOf({ decision }: RequestContext): number | undefined {
  return decision.confinedTo === undefined ? undefined : Number(decision.confinedTo);
}

/** Before anything is read: a request that can't be answered must not take its Transaction UID. */
function answerTypeOf(context: RequestContext): string {
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const offer = negotiate(accept, dataSetOffers);
  if (offer === undefined)
    throw new DicomwebError('not-acceptable', `answers are ${dicomJsonType} or ${dicomXmlType}`);
  return offer.mediaType;
}
