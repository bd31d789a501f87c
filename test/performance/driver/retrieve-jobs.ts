/** Retrieve requests (PS3.18 §10.4) for what was stored, and the comparison of what comes with what was sent. */
import { type LoadInstance, lengthOf } from '../load/instance.ts';
import type { Answer, Outgoing } from './connection.ts';
import { expectStatus, type Job, type Reception } from './drive.ts';
import { InstanceReceiver } from './instance-receiver.ts';
import { boundaryOf, PartSplitter, partsOf } from './part-splitter.ts';
import { sameBytes } from './piece-cursor.ts';

/** As stored, whatever the transfer syntax (PS3.18 §8.7.3). */
const INSTANCES = { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' };
const OK = 200;

/** One instance as stored, from where `url` says. */
export function instanceJob(url: string, instance: LoadInstance): Job {
  return instancesJob(url, [instance]);
}

/** All instances of a study, in whatever order they come. */
export function studyJob(url: string, study: readonly LoadInstance[]): Job {
  return instancesJob(url, study);
}

/** One frame as stored; `frame` counts from 1. */
export function frameJob(url: string, instance: LoadInstance, frame: number): Job {
  const type = instance.frames.length > 1 ? 'image/jpeg' : 'application/octet-stream';
  const accept = `multipart/related; type="${type}"; transfer-syntax=${instance.transferSyntaxUid}`;
  const request: Outgoing = { method: 'GET', url, headers: { accept } };
  return {
    request,
    verify: (answer) => {
      expectStatus(answer, request);
      expectFrame(onlyPart(answer), instance, frame);
    },
  };
}

/** Each instance is checked while it comes. */
function instancesJob(url: string, instances: readonly LoadInstance[]): Job {
  const request: Outgoing = { method: 'GET', url, headers: INSTANCES };
  return {
    request,
    verify: (answer) => expectStatus(answer, request),
    receive: () => receiveInstances(instances),
  };
}

function receiveInstances(instances: readonly LoadInstance[]): Reception {
  const missing = new Map(instances.map((instance) => [instance.sopInstanceUid, instance]));
  const find = (sopInstanceUid: string): LoadInstance => {
    const instance = missing.get(sopInstanceUid);
    if (instance === undefined) throw new Error(`${sopInstanceUid} was not asked for, or came twice`);
    missing.delete(sopInstanceUid);
    return instance;
  };
  let splitter: PartSplitter | undefined;
  return {
    onBody: (piece, { status, headers }) => {
      if (status !== OK) return;
      const boundary = () => boundaryOf(headers.get('content-type'));
      splitter ??= new PartSplitter(boundary(), (head) => new InstanceReceiver(head, find));
      splitter.feed(piece);
    },
    end: () => {
      splitter?.end();
      if (missing.size > 0) throw new Error(`${missing.size} of ${instances.length} instances did not come`);
    },
  };
}

/** A frame may come without the byte that made its fragment even. */
function expectFrame(part: Buffer, { frames, sopInstanceUid }: LoadInstance, frame: number): void {
  const expected = frames[frame - 1]?.pieces ?? [];
  const last = expected.at(-1);
  const isPadded = part.length === lengthOf(expected) - 1 && last?.at(-1) === 0;
  const wanted = isPadded && last ? [...expected.slice(0, -1), last.subarray(0, -1)] : expected;
  if (!sameBytes(part, wanted)) throw new Error(`frame ${frame} of ${sopInstanceUid}: other bytes`);
}

function onlyPart(answer: Answer): Buffer {
  const [part, ...others] = partsOf(answer.headers.get('content-type'), answer.body);
  if (part === undefined || others.length > 0) throw new Error(`one part expected, not ${others.length + 1}`);
  return part;
}
