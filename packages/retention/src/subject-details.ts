/**
 * What of a study only some conditions ask for. To read it costs more than all the rest, so that it is read where a rule or a
 * hold asks for it; one that asks for what was not read is an error, never an answer.
 */
import type { Condition } from './condition.ts';

/** In the place of what was not read: nobody has looked whether it is known. */
export const notRead: unique symbol = Symbol('not read');

/** As a study has them that was read with everything. */
export interface SubjectDetails {
  /** Body Part Examined (0018,0015) of its series. */
  readonly bodyParts: readonly string[];
  /** A series says no body part. */
  readonly lacksBodyPart: boolean;
  readonly sopClasses: readonly string[];
  /** Codes of the devices that its series came from, as far as they are known. */
  readonly devices: readonly string[];
  /** Values of attributes of the study by keyword. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** Programmes (screening rounds, trials) that it was registered for. */
  readonly programmes: readonly string[];
}

/** As much of them as was asked for. */
export type ReadDetails = {
  readonly [Detail in SubjectDetail]: SubjectDetails[Detail] | typeof notRead;
};

/** The name of a detail. */
export type SubjectDetail = keyof SubjectDetails;

/** What members of a condition ask for; the others ask for what is always read. Matchers are typed by it: none gets more. */
export const detailsOf = {
  bodyPart: ['bodyParts', 'lacksBodyPart'],
  sopClass: ['sopClasses'],
  device: ['devices'],
  attributes: ['attributes'],
  programme: ['programmes'],
} as const satisfies { readonly [Member in keyof Condition]: readonly SubjectDetail[] };

/** For those who judge by whatever may be asked. */
export const everyDetail: ReadonlySet<SubjectDetail> = new Set(Object.values(detailsOf).flat());

/** What a member of a condition asks for. */
export function detailsOfMember(member: string): readonly SubjectDetail[] {
  return asksForDetails(member) ? detailsOf[member] : [];
}

function asksForDetails(member: string): member is keyof typeof detailsOf {
  return Object.hasOwn(detailsOf, member);
}
