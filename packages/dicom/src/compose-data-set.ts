/**
 * A data set that was sent as metadata (PS3.18 §10.5.1.4): the values encoded, the bulk data by reference. Made element by
 * element by the readers of DICOM JSON and of the Native DICOM Model, written by compose-part10.ts.
 */
import type { ComposeLimits } from './compose-limits.ts';
import { DicomError } from './errors.ts';
import { isPrivateTag, type Tag, Tags } from './tag.ts';
import { isTextVr } from './text-vr.ts';
import type { Vr } from './vr.ts';

/** One element. */
export type ComposedElement =
  | { readonly kind: 'value'; readonly tag: Tag; readonly vr: Vr; readonly value: Uint8Array }
  | { readonly kind: 'sequence'; readonly tag: Tag; readonly items: readonly ComposedDataSet[] }
  | ComposedBulk;

/** An element whose value stands elsewhere. */
export interface ComposedBulk {
  readonly kind: 'bulk';
  readonly tag: Tag;
  readonly vr: Vr;
  /** BulkDataURI as it was written. */
  readonly uri: string;
  /** Whether it is of the data set itself, not of an item. */
  readonly isTopLevel: boolean;
}

/** Elements in ascending order of their tags. */
export interface ComposedDataSet {
  readonly elements: ReadonlyMap<Tag, ComposedElement>;
}

/** What one metadata object says. */
export interface ComposedInstance {
  readonly dataSet: ComposedDataSet;
  /** Transfer Syntax UID (0002,0010) or Available Transfer Syntax UID (0008,3002), whichever is there. */
  readonly transferSyntaxUid: string | undefined;
  /** In the order of the data set. */
  readonly bulk: readonly ComposedBulk[];
}

/** What all levels of one instance share. */
export class ComposeBudget {
  readonly limits: ComposeLimits;
  readonly bulk: ComposedBulk[] = [];
  transferSyntaxUid: string | undefined;
  metNonAscii = false;
  #elements = 0;

  constructor(limits: ComposeLimits) {
    this.limits = limits;
  }

  /** Counts an element or an item. */
  count(): void {
    this.#elements += 1;
    if (this.#elements > this.limits.elements)
      throw exceeded(`more than ${this.limits.elements} elements and items`);
  }

  /** Notes a reference to bulk data. */
  refer(bulk: ComposedBulk): void {
    this.bulk.push(bulk);
    if (this.bulk.length > this.limits.bulkReferences)
      throw exceeded(`more than ${this.limits.bulkReferences} references to bulk data`);
  }
}

/** DicomError 'limit-exceeded' for metadata. */
export function exceeded(what: string): DicomError {
  return new DicomError('limit-exceeded', `The metadata have ${what}`);
}

const utf8Label = Buffer.from('ISO_IR 192', 'latin1');
const metaGroup = 0x0002;

/** Builds one data set or item. */
export class DataSetComposer {
  readonly #budget: ComposeBudget;
  readonly #depth: number;
  readonly #elements = new Map<Tag, ComposedElement>();

  /** `depth`: 0 for the data set itself. */
  constructor(budget: ComposeBudget, depth: number) {
    if (depth > budget.limits.depth) throw exceeded(`sequences nested deeper than ${budget.limits.depth}`);
    this.#budget = budget;
    this.#depth = depth;
  }

  /** Whether an element of this tag is there. */
  has(tag: Tag): boolean {
    return this.#elements.has(tag);
  }

  /** The value of an element that was added; undefined if there is none, or none at hand. */
  valueOf(tag: Tag): Uint8Array | undefined {
    const element = this.#elements.get(tag);
    return element?.kind === 'value' ? element.value : undefined;
  }

  /** A composer for an item of a sequence of this data set. */
  item(): DataSetComposer {
    this.#budget.count();
    return new DataSetComposer(this.#budget, this.#depth + 1);
  }

  /** An element with its value field, little endian, text in UTF-8, without padding. */
  value(tag: Tag, vr: Vr, value: Uint8Array): void {
    if (this.#isTransferSyntax(tag)) this.#budget.transferSyntaxUid ??= uidOf(value);
    if (!this.#begins(tag)) return;
    if (!this.#budget.metNonAscii && isTextVr(vr))
      this.#budget.metNonAscii = value.some((byte) => byte > 0x7f);
    const isLabel = tag === Tags.SpecificCharacterSet;
    this.#elements.set(
      tag,
      isLabel ? { kind: 'value', tag, vr: 'CS', value: utf8Label } : { kind: 'value', tag, vr, value },
    );
  }

  /** A sequence with its items. */
  sequence(tag: Tag, items: readonly ComposedDataSet[]): void {
    if (this.#begins(tag)) this.#elements.set(tag, { kind: 'sequence', tag, items });
  }

  /** An element whose value stands elsewhere. */
  bulk(tag: Tag, vr: Vr, uri: string): void {
    if (vr === 'SQ')
      throw new DicomError('malformed', 'A sequence cannot be bulk data (PS3.18 §F.2.6)', { tag });
    if (!this.#begins(tag)) return;
    const bulk = { kind: 'bulk', tag, vr, uri, isTopLevel: this.#depth === 0 } as const;
    this.#elements.set(tag, bulk);
    // Text that is not at hand may have any letters.
    if (isTextVr(vr)) this.#budget.metNonAscii = true;
    this.#budget.refer(bulk);
  }

  /** The data set, in ascending order of tags. */
  finish(): ComposedDataSet {
    const label = Tags.SpecificCharacterSet;
    if (this.#depth === 0 && this.#budget.metNonAscii && !this.#elements.has(label))
      this.#elements.set(label, { kind: 'value', tag: label, vr: 'CS', value: utf8Label });
    return { elements: new Map([...this.#elements].sort(([left], [right]) => left - right)) };
  }

  #isTransferSyntax(tag: Tag): boolean {
    return this.#depth === 0 && (tag === Tags.TransferSyntaxUID || tag === Tags.AvailableTransferSyntaxUID);
  }

  /** Whether the element belongs in the data set. */
  #begins(tag: Tag): boolean {
    this.#budget.count();
    if (this.#elements.has(tag)) throw new DicomError('malformed', 'The element stands twice', { tag });
    const group = tag >>> 16;
    if (group > metaGroup && group !== 0xfffe && group !== 0xffff) return !isLeftOut(tag);
    if (group === metaGroup && this.#depth === 0) return false;
    throw new DicomError('malformed', 'No data set has an element of this group', { tag });
  }
}

/**
 * Group lengths (PS3.18 §F.2.2), what describes an encoding that this one is not, and what answers say of an instance
 * without being of it (Available Transfer Syntax UID, PS3.18 §10.4.3.3.2).
 */
function isLeftOut(tag: Tag): boolean {
  return (tag & 0xffff) === 0 || leftOut.has(tag);
}

const leftOut: ReadonlySet<Tag> = new Set([
  Tags.LengthToEnd,
  Tags.AvailableTransferSyntaxUID,
  Tags.ExtendedOffsetTable,
  Tags.ExtendedOffsetTableLengths,
  Tags.EncapsulatedPixelDataValueTotalLength,
  Tags.DataSetTrailingPadding,
]);

function uidOf(value: Uint8Array): string | undefined {
  const uid = Buffer.from(value).toString('latin1').split('\\')[0]?.trim();
  return uid === '' ? undefined : uid;
}

/** Whether a tag lies in a private block, and in which (PS3.5 §7.8.1); undefined for creators and standard tags. */
export function privateBlockOf(tag: Tag): number | undefined {
  const block = (tag & 0xff00) >>> 8;
  return isPrivateTag(tag) && block >= 0x10 ? block : undefined;
}
