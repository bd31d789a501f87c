/**
 * What Specific Character Set (0008,0005) says: its terms, also misspelt ones, as character sets
 * (PS3.3 C.12.1.1.2, PS3.5 §6.1.2.5). What is made of it in the face of the bytes is character-set.ts.
 */
import { encodingOf, parseAssumedCharacterSet } from './assumed-character-set.ts';
import { asciiSet, type GraphicSet, graphicSetOf, katakanaSet, romajiSet } from './graphic-sets.ts';
import type { InitialSets } from './iso-2022.ts';
import type { TextEncoding } from './text-encoding.ts';

/** A label understood. */
export interface LabelMeaning {
  /** No term at all, or empty ones only: the default repertoire (PS3.5 §6.1.2.2). */
  readonly absent: boolean;
  /** At least one term is none of DICOM's and no known encoding. */
  readonly unknown: boolean;
  /** The terms as DICOM spells them, without the unknown ones. */
  readonly terms: readonly string[];
  /** A term that stands alone: UTF-8, GB18030, GBK, or a code page named in place of a term. */
  readonly standalone: TextEncoding | undefined;
  /** What value 1 designates. */
  readonly initial: InitialSets;
  /** Every set named. */
  readonly sets: readonly GraphicSet[];
  /** UTF-8, GB*, or a two-byte set: bytes that fit such a label are evidence for it. */
  readonly multiByte: boolean;
}

type Term =
  | { readonly kind: 'set'; readonly name: string; readonly set: GraphicSet }
  | { readonly kind: 'standalone'; readonly name: string; readonly encoding: TextEncoding }
  | { readonly kind: 'unknown' };

const isoIr = /^(?:ISO)?[\s_-]*(2022)?[\s_-]*IR[\s_-]*0*(\d{1,4})$/;
const iso8859 = /^ISO[\s_-]*8859[\s_-]*(\d{1,2})$/;
const irOfIso8859Part: Readonly<Record<string, number>> = {
  1: 100,
  2: 101,
  3: 109,
  4: 110,
  5: 144,
  6: 127,
  7: 126,
  8: 138,
  9: 148,
  11: 166,
  15: 203,
};

/**
 * Reads the values of Specific Character Set. Tolerates case, spaces, hyphens and underscores, a missing or
 * needless '2022', names of code pages ('UTF-8', 'windows-1251', 'ISO_8859-5') and never throws.
 */
export function readLabel(label: readonly string[]): LabelMeaning {
  const isExtended = label.length > 1;
  const terms = label.map((value) => readTerm(value, isExtended)).filter((term) => term !== undefined);
  const sets = terms.flatMap((term) => (term.kind === 'set' ? [term.set] : []));
  const standalone = terms.find((term) => term.kind === 'standalone')?.encoding;
  const first = readTerm(label[0] ?? '', isExtended);
  return {
    absent: terms.length === 0,
    unknown: terms.some((term) => term.kind === 'unknown'),
    terms: withDefault(
      label,
      terms.flatMap((term) => (term.kind === 'unknown' ? [] : [term.name])),
    ),
    standalone,
    initial: initialSets(first?.kind === 'set' ? first.set : asciiSet),
    sets,
    multiByte: standalone?.multiByte === true || sets.some((set) => set.bytesPerCharacter === 2),
  };
}

function readTerm(value: string, isExtended: boolean): Term | undefined {
  const text = value.trim().toUpperCase();
  if (text === '') return undefined;
  const [, extension, number] = isoIr.exec(text) ?? [];
  const ir = number === undefined ? irOfIso8859Part[iso8859.exec(text)?.[1] ?? ''] : Number(number);
  if (ir === 192) return { kind: 'standalone', name: 'ISO_IR 192', encoding: encodingOf('UTF-8') };
  const set = ir === undefined ? irOfAsciiName(text) : graphicSetOf(ir === 14 ? 13 : ir);
  if (set !== undefined) {
    const needsExtension = isExtended || extension !== undefined || set.bytesPerCharacter === 2;
    return { kind: 'set', name: `${needsExtension ? 'ISO 2022 IR' : 'ISO_IR'} ${set.ir}`, set };
  }
  const name = ir === undefined ? parseAssumedCharacterSet(text) : undefined;
  if (name === undefined) return { kind: 'unknown' };
  return { kind: 'standalone', name: name === 'UTF-8' ? 'ISO_IR 192' : name, encoding: encodingOf(name) };
}

function irOfAsciiName(text: string): GraphicSet | undefined {
  return /^(?:US[\s_-]*)?ASCII$|^ISO[\s_-]*646/.test(text) ? asciiSet : undefined;
}

/** An empty value 1 before other terms means the default repertoire, which is then one of the sets. */
function withDefault(label: readonly string[], terms: readonly string[]): readonly string[] {
  return terms.length > 0 && (label[0] ?? '').trim() === '' ? ['ISO 2022 IR 6', ...terms] : terms;
}

/** JIS X 0201 fills both halves. A two-byte set can't legally be value 1; senders who do mean it as G1. */
function initialSets(set: GraphicSet): InitialSets {
  if (set === katakanaSet) return { g0: romajiSet, g1: katakanaSet };
  if (set === asciiSet || set.ir === 87 || set.ir === 159) return { g0: asciiSet, g1: undefined };
  return { g0: asciiSet, g1: set };
}
