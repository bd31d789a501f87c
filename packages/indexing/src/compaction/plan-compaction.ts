/**
 * Which segments of a series are joined, and which are left as they are. Pure.
 *
 * The rule. Segments that are nearly full are left alone. The others, in the order in which they came, fill one segment
 * after the other up to the limits. What is to fill one is joined if the result has at least twice the instances and
 * twice the bytes of each of its parts. A part for which that is not so (there is at most one of each kind: the largest)
 * is copied all the same as long as that has happened to its contents fewer than `copiesForLittle` times; else it stays
 * as it is, and the others are joined without it.
 *
 * The bound. Each time an instance is copied, the segment that it lies in either at least doubles its instances, which
 * happens at most log2(`entries`) times, or uses up one of `copiesForLittle`: so compaction writes no byte more than
 * log2(2,048) + 4 = 15 times, however instances trickle in. A series that has come at once is copied once.
 */

/** When a segment is full. */
export interface CompactionLimits {
  /** Bytes of a segment (docs/storage-format.md §14). */
  readonly segmentBytes: number;
  /** A segment of so many bytes is full enough: joining it would copy much to gain little. */
  readonly fullBytes: number;
  /** Instances of a segment: they are indexed in one transaction when it is replayed. */
  readonly entries: number;
  /** As `fullBytes`, in instances. */
  readonly fullEntries: number;
  /** Receipt of a segment: it carries those of its originals, and is read to open it. */
  readonly receiptBytes: number;
  /** Compressed metadata of a segment. */
  readonly metadataBytes: number;
  /** How often contents are copied without doubling the segment that they lie in. */
  readonly copiesForLittle: number;
}

const MIB = 1024 * 1024;

/** 256 MiB; as many instances as a long series of small ones has; a receipt that is read in well under a second. */
export const defaultCompactionLimits: CompactionLimits = {
  segmentBytes: 256 * MIB,
  fullBytes: 192 * MIB,
  entries: 2_048,
  fullEntries: 1_536,
  receiptBytes: 16 * MIB,
  metadataBytes: 8 * MIB,
  copiesForLittle: 4,
};

/** What the plan depends on. */
export interface PlannedSegment {
  readonly sizeBytes: number;
  readonly entries: number;
  readonly copiedForLittle: number;
}

/** Segments that become one. */
export interface PlannedRewrite<Segment> {
  readonly sources: readonly Segment[];
  /** For the row of the result. */
  readonly copiedForLittle: number;
}

/** The rewrites for the segments of one series, given in the order in which they came. */
export function planCompaction<Segment extends PlannedSegment>(
  segments: readonly Segment[],
  limits: CompactionLimits = defaultCompactionLimits,
): PlannedRewrite<Segment>[] {
  const roomy = segments.filter(
    ({ sizeBytes, entries }) => sizeBytes < limits.fullBytes && entries < limits.fullEntries,
  );
  return fill(roomy, limits).flatMap((sources) => planRewrite(sources, limits) ?? []);
}

/** The rewrite of some or all of these segments, which fit into one; undefined if none is worth it. */
export function planRewrite<Segment extends PlannedSegment>(
  sources: readonly Segment[],
  limits: CompactionLimits,
): PlannedRewrite<Segment> | undefined {
  if (sources.length < 2) return undefined;
  const gainsLittle = sources.filter((source) => !doubles(source, sources));
  const spent = gainsLittle.filter(({ copiedForLittle }) => copiedForLittle >= limits.copiesForLittle);
  if (spent.length > 0) {
    return planRewrite(
      sources.filter((source) => !spent.includes(source)),
      limits,
    );
  }
  const before = Math.max(...sources.map(({ copiedForLittle }) => copiedForLittle));
  const own = Math.max(0, ...gainsLittle.map(({ copiedForLittle }) => copiedForLittle + 1));
  return { sources, copiedForLittle: Math.max(before, own) };
}

function doubles(source: PlannedSegment, all: readonly PlannedSegment[]): boolean {
  return (
    sum(all, ({ entries }) => entries) >= 2 * source.entries &&
    sum(all, ({ sizeBytes }) => sizeBytes) >= 2 * source.sizeBytes
  );
}

/** One after the other, as long as they fit. */
function fill<Segment extends PlannedSegment>(
  segments: readonly Segment[],
  limits: CompactionLimits,
): Segment[][] {
  const bins: Segment[][] = [];
  let room = { bytes: 0, entries: 0 };
  for (const segment of segments) {
    const bin = bins.at(-1);
    const fits = segment.sizeBytes <= room.bytes && segment.entries <= room.entries;
    if (bin !== undefined && fits) bin.push(segment);
    else bins.push([segment]);
    const before = bin !== undefined && fits ? room : { bytes: limits.segmentBytes, entries: limits.entries };
    room = { bytes: before.bytes - segment.sizeBytes, entries: before.entries - segment.entries };
  }
  return bins;
}

function sum<Item>(items: readonly Item[], valueOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}
