/** Compares two DICOM JSON Models (PS3.18 Annex F) attribute by attribute, also inside sequences. */

/** An attribute as any implementation writes it. */
export interface ComparedAttribute {
  readonly vr?: string | undefined;
  readonly Value?: readonly unknown[] | undefined;
  readonly BulkDataURI?: string | undefined;
  readonly InlineBinary?: string | undefined;
}

/** A data set or item as any implementation writes it. */
export type ComparedDataSet = Readonly<Record<string, ComparedAttribute>>;

/** One attribute that two implementations see differently; undefined = one has it not. */
export interface Difference {
  /** '00080005' or '00082112/1/00081150'. */
  readonly path: string;
  /** The last part of the path. */
  readonly tag: string;
  readonly ours: ComparedAttribute | undefined;
  readonly theirs: ComparedAttribute | undefined;
}

/** A kind of difference we stand by, told by attribute, VR and values, never by file. */
export interface JustifiedDifference {
  /** Why ours is right, or why both are. */
  readonly why: string;
  readonly applies: (difference: Difference, theirs: ComparedDataSet) => boolean;
}

/** What is left after the justified differences are taken away, and which justifications were needed. */
export class DifferenceLedger {
  readonly unexplained: string[] = [];
  private readonly unused: Set<JustifiedDifference>;
  private readonly justified: readonly JustifiedDifference[];

  constructor(justified: readonly JustifiedDifference[]) {
    this.justified = justified;
    this.unused = new Set(justified);
  }

  /** Justifications that explained nothing: they no longer belong in the list. */
  get stale(): string[] {
    return [...this.unused].map(({ why }) => why);
  }

  /** Compares the two models of one file. */
  compare(file: string, ours: ComparedDataSet, theirs: ComparedDataSet): void {
    for (const difference of compareDicomJson(ours, theirs)) {
      const reason = this.justified.find(({ applies }) => applies(difference, theirs));
      if (reason === undefined) this.unexplained.push(describe(file, difference));
      else this.unused.delete(reason);
    }
  }
}

/** Every attribute that differs. Sequences of the same number of items are compared item by item. */
export function compareDicomJson(ours: ComparedDataSet, theirs: ComparedDataSet, path = ''): Difference[] {
  const tags = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...tags].flatMap((tag) => compareAttribute(tag, ours[tag], theirs[tag], path));
}

function compareAttribute(
  tag: string,
  ours: ComparedAttribute | undefined,
  theirs: ComparedAttribute | undefined,
  path: string,
): Difference[] {
  const [ourItems, theirItems] = [itemsOf(ours), itemsOf(theirs)];
  if (ourItems !== undefined && theirItems !== undefined && ourItems.length === theirItems.length) {
    return ourItems.flatMap((item, index) =>
      compareDicomJson(item, theirItems[index] ?? {}, `${path}${tag}/${index + 1}/`),
    );
  }
  return canonical(ours) === canonical(theirs) ? [] : [{ path: path + tag, tag, ours, theirs }];
}

function itemsOf(attribute: ComparedAttribute | undefined): readonly ComparedDataSet[] | undefined {
  if (attribute?.vr !== 'SQ') return undefined;
  return (attribute.Value ?? []).map((item) => (isDataSet(item) ? item : {}));
}

function isDataSet(item: unknown): item is ComparedDataSet {
  return typeof item === 'object' && item !== null;
}

/** Text that is equal for equal attributes: order of members and absent members don't count. */
function canonical(attribute: ComparedAttribute | undefined): string {
  if (attribute === undefined) return 'absent';
  const { vr, Value, BulkDataURI, InlineBinary } = attribute;
  return JSON.stringify([vr, Value?.map(canonicalValue), BulkDataURI, InlineBinary]);
}

function canonicalValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function describe(file: string, { path, ours, theirs }: Difference): string {
  const short = (attribute: unknown): string => (JSON.stringify(attribute) ?? 'absent').slice(0, 200);
  return `${file} ${path}: ours ${short(ours)}, theirs ${short(theirs)}`;
}
