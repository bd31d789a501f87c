/**
 * From the bytes of a text value to its values, given the label of the data set and what is declared about the
 * device. Decodes first and splits afterwards, because second bytes of Shift-JIS, GBK and GB18030 characters may
 * look like \ ^ or = (PS3.5 §6.1.2.3).
 *
 * Each value is decided by itself, in this order:
 * 1. Only ASCII: there is nothing to decide.
 * 2. Escape sequences DICOM knows are obeyed, declared or not: they are in the bytes themselves.
 * 3. The label, if the bytes fit it. On a device with an assumed character set only a multi-byte label (UTF-8, GB*,
 *    a Japanese, Korean or Chinese set) counts: text fits those hardly by chance, a single-byte label nearly always.
 * 4. A UTF-8 label that most of the characters fit: values are cut in the middle of a character, bytes get damaged.
 * 5. The assumed character set, if the bytes fit it: on its device it stands above an absent or single-byte label.
 * 6. The label, if the bytes fit it and the assumed set failed.
 * 7. Guesses: UTF-8, then the Windows code pages of the label's scripts, the first that the bytes fit.
 * 8. The assumed set or the label, with U+FFFD where bytes mean nothing in it; else ISO 8859-1, from which the raw
 *    bytes can be read back.
 *
 * Nothing throws and nothing is lost: the stored bytes stay as they came, the plan says what was done.
 * A value of a VR that has no character sets (CS, UI, …) goes the same way: its bytes should be ASCII.
 *
 * Not the library dicom-character-set: it throws on unknown terms and escape sequences, does not say whether the bytes
 * fitted, reads ISO_IR 100 as windows-1252, lacks ISO_IR 203 and code pages, and has the platform's gap in Korean.
 */
import { isAscii } from 'node:buffer';
import { type AssumedCharacterSet, encodingOf } from './assumed-character-set.ts';
import { type LabelMeaning, readLabel } from './character-set-label.ts';
import { romajiSet, toRomaji } from './graphic-sets.ts';
import { decodeIso2022, type ExtendedText } from './iso-2022.ts';
import { type DecodedText, decodeLatin1, type TextEncoding } from './text-encoding.ts';
import { splitAsciiValues, splitValues, textKindOf } from './text-values.ts';
import type { Vr } from './vr.ts';

/**
 * How sure the decoding is; the worst of all values counts, in this order.
 * - 'as-labelled': the label, or only ASCII
 * - 'assumed': the device's assumed set stood in for an absent or untrusted label
 * - 'label-contradicted': bytes that the label can't mean; `used` says what was taken instead
 * - 'unknown': neither label nor assumption explains the bytes; `used` is a guess
 */
export type CharacterSetFlag = 'as-labelled' | 'assumed' | 'label-contradicted' | 'unknown';

/** What was labelled and what was used. */
export interface CharacterSetPlan {
  /** Specific Character Set of the data set as it stands, value by value; empty = absent. */
  readonly label: readonly string[];
  /** Terms and encodings that non-ASCII text was decoded with; the label's (or ISO_IR 6) if there was none. */
  readonly used: readonly string[];
  readonly flag: CharacterSetFlag;
}

/** Decodes the text values of one data set and keeps account of it. */
export interface CharacterSetDecoder {
  /**
   * The values of a value field: split at backslashes (not in ST, LT, UT, UR) and without padding. Empty values
   * are '' among others; a value field with nothing in it gives [].
   */
  decode(bytes: Uint8Array, vr: Vr): string[];
  /** The decoder of a sequence item with a Specific Character Set of its own (PS3.5 §7.5.3); one account for both. */
  forItem(label: readonly string[]): CharacterSetDecoder;
  /** The account so far. */
  readonly plan: CharacterSetPlan;
  /** Whether any value so far had characters beyond ASCII. */
  readonly metNonAscii: boolean;
}

/** The decoder for a label (the values of (0008,0005), [] if absent) and the sender's assumed set, if declared. */
export function decoderFor(label: readonly string[], assumed?: AssumedCharacterSet): CharacterSetDecoder {
  return new PlanningDecoder(
    label,
    assumed === undefined ? undefined : encodingOf(assumed),
    new Account(label),
  );
}

const flags = [
  'as-labelled',
  'assumed',
  'label-contradicted',
  'unknown',
] as const satisfies CharacterSetFlag[];

class Account {
  readonly label: readonly string[];
  readonly used = new Set<string>();
  flag: CharacterSetFlag = 'as-labelled';

  constructor(label: readonly string[]) {
    this.label = label;
  }

  note(flag: CharacterSetFlag, used: Iterable<string>): void {
    if (flags.indexOf(flag) > flags.indexOf(this.flag)) this.flag = flag;
    for (const name of used) this.used.add(name);
  }
}

class PlanningDecoder implements CharacterSetDecoder {
  private readonly label: readonly string[];
  private readonly meaning: LabelMeaning;
  private readonly assumed: TextEncoding | undefined;
  private readonly account: Account;

  constructor(label: readonly string[], assumed: TextEncoding | undefined, account: Account) {
    this.label = label;
    this.meaning = readLabel(label);
    this.assumed = assumed;
    this.account = account;
  }

  get plan(): CharacterSetPlan {
    const { label, used, flag } = this.account;
    const terms = this.meaning.terms.length === 0 ? ['ISO_IR 6'] : this.meaning.terms;
    return { label, used: used.size === 0 ? terms : [...used], flag };
  }

  get metNonAscii(): boolean {
    return this.account.used.size > 0;
  }

  forItem(label: readonly string[]): CharacterSetDecoder {
    const same =
      label.length === this.label.length && label.every((value, index) => value === this.label[index]);
    return same ? this : new PlanningDecoder(label, this.assumed, this.account);
  }

  decode(bytes: Uint8Array, vr: Vr): string[] {
    const content = contentOf(bytes);
    const isRomaji = this.meaning.initial.g0 === romajiSet && textKindOf(vr) !== undefined;
    if (content === 'ascii' && !isRomaji) return splitAsciiValues(bytes, vr);
    return splitValues(this.decodeText(bytes, vr, content), vr);
  }

  private decodeText(bytes: Uint8Array, vr: Vr, content: Content): string {
    const kind = textKindOf(vr);
    if (content === 'extended') {
      const extended = decodeIso2022(bytes, kind ?? 'value', this.meaning.initial, (run) => this.guess(run));
      if (extended.designated.size > 0) return this.acceptExtended(extended);
    }
    const text = isAscii(bytes) ? decodeLatin1(bytes) : this.decodeUpper(bytes);
    if (kind === undefined || this.meaning.initial.g0 !== romajiSet) return text;
    return kind === 'text' ? toRomaji(text) : text.replaceAll('~', '‾'); // the backslash of the others is a delimiter
  }

  /** Step 2. */
  private acceptExtended({ text, complete, designated }: ExtendedText): string {
    const declared = new Set(this.meaning.sets.map((set) => set.ir)).add(6);
    if (declared.has(13)) declared.add(14);
    const undeclared = [...designated].filter((ir) => !declared.has(ir));
    const fits = complete && undeclared.length === 0;
    this.account.note(fits ? 'as-labelled' : this.faultOfLabel(), this.meaning.terms);
    this.account.note(
      'as-labelled',
      undeclared.map((ir) => `ISO 2022 IR ${ir}`),
    );
    return text;
  }

  /** Steps 3 to 8, for bytes of which some are above 7F and none begin an escape sequence. */
  private decodeUpper(bytes: Uint8Array): string {
    const { meaning, assumed } = this;
    const labelled = (meaning.standalone ?? meaning.initial.g1?.encoding)?.decode(bytes);
    const isLabelTrusted = assumed === undefined || meaning.multiByte;
    if (labelled?.complete === true && isLabelTrusted)
      return this.accept(labelled, 'as-labelled', meaning.terms);
    if (labelled !== undefined && isUtf8Label(meaning) && isMostlyDefined(labelled.text)) {
      return this.accept(labelled, 'label-contradicted', meaning.terms);
    }
    const byAssumption = assumed?.decode(bytes);
    if (assumed !== undefined && byAssumption?.complete === true) {
      const isLabelPossible = labelled?.complete === true || this.isLabelSilent();
      return this.accept(byAssumption, isLabelPossible ? 'assumed' : 'label-contradicted', [assumed.name]);
    }
    if (labelled?.complete === true) return this.accept(labelled, 'as-labelled', meaning.terms);
    return this.guess(bytes) ?? this.fallBack(bytes, labelled, byAssumption);
  }

  /** Step 7, and the only step for bytes above 7F that no escape sequence explains. */
  private guess(bytes: Uint8Array): string | undefined {
    const twins = this.meaning.sets.flatMap((set) => set.twin ?? []);
    for (const encoding of [this.assumed, encodingOf('UTF-8'), ...twins]) {
      const decoded = encoding?.decode(bytes);
      if (encoding === undefined || decoded?.complete !== true) continue;
      return this.accept(decoded, this.faultOfLabel(), [
        encoding.name === 'UTF-8' ? 'ISO_IR 192' : encoding.name,
      ]);
    }
    return undefined;
  }

  /** Step 8. */
  private fallBack(bytes: Uint8Array, labelled?: DecodedText, byAssumption?: DecodedText): string {
    if (byAssumption !== undefined) return this.accept(byAssumption, 'unknown', [this.assumed?.name ?? '']);
    const flag = this.faultOfLabel();
    if (labelled !== undefined && !isUtf8Label(this.meaning))
      return this.accept(labelled, flag, this.meaning.terms);
    this.account.note(flag, ['ISO_IR 100']);
    return decodeLatin1(bytes);
  }

  private accept({ text }: DecodedText, flag: CharacterSetFlag, used: readonly string[]): string {
    this.account.note(flag, used);
    return text;
  }

  private isLabelSilent(): boolean {
    return this.meaning.absent || this.meaning.unknown;
  }

  private faultOfLabel(): CharacterSetFlag {
    return this.isLabelSilent() ? 'unknown' : 'label-contradicted';
  }
}

type Content = 'ascii' | 'upper' | 'extended';

/** One pass over the bytes: nearly all values are ASCII. */
function contentOf(bytes: Uint8Array): Content {
  let content: Content = 'ascii';
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === 0x1b) return 'extended';
    if (byte >= 0x80) content = 'upper';
  }
  return content;
}

function isUtf8Label(meaning: LabelMeaning): boolean {
  return meaning.standalone === encodingOf('UTF-8');
}

/** Whether more characters beyond ASCII are there than are missing. */
function isMostlyDefined(text: string): boolean {
  let balance = 0;
  for (const character of text) if (character >= '\u0080') balance += character === '\uFFFD' ? -1 : 1;
  return balance > 0;
}
