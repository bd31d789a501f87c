/**
 * Reads one document of the Native DICOM Model (PS3.19 §A.1) as a client sends it, into what compose-part10.ts writes.
 * Well-formedness is the business of saxes, which knows no external entities and expands none of its own; a document type
 * declaration is refused.
 */
import { SaxesParser } from 'saxes';
import { ComposeBudget, type ComposedInstance, DataSetComposer } from './compose-data-set.ts';
import { type ComposeLimits, defaultComposeLimits } from './compose-limits.ts';
import { DicomError } from './errors.ts';
import { isPrivateTag } from './tag.ts';
import { XmlAttribute } from './xml-attribute.ts';
import { type PrivateAttribute, placePrivateAttributes } from './xml-private-blocks.ts';
import { decodeXml } from './xml-text.ts';

/** Characters given to the parser at a time: what it finds is handled before it goes on. */
const pieceLength = 64 * 1024;

/**
 * Reads a document.
 *
 * @param bytes a whole XML document
 * @throws DicomError 'malformed', 'limit-exceeded'; messages carry no value
 */
export function readNativeDicomModel(
  bytes: Uint8Array,
  limits: ComposeLimits = defaultComposeLimits,
): ComposedInstance {
  const budget = new ComposeBudget(limits);
  const reader = new NativeModelReader(budget);
  const text = decodeXml(bytes);
  for (let from = 0; from < text.length; from += pieceLength) {
    reader.push(text.slice(from, from + pieceLength));
  }
  const dataSet = reader.end();
  return { dataSet, transferSyntaxUid: budget.transferSyntaxUid, bulk: budget.bulk };
}

/** A data set or item that is being read. */
interface OpenDataSet {
  readonly kind: 'data-set';
  readonly composer: DataSetComposer;
  readonly privates: PrivateAttribute[];
  /** Of an item. */
  readonly number: string | undefined;
}

interface OpenAttribute {
  readonly kind: 'attribute';
  readonly attribute: XmlAttribute;
  readonly creator: string | undefined;
}

/** An element that has text. */
interface OpenText {
  readonly kind: 'text';
  readonly done: (text: string) => void;
  text: string;
}

/** A person name by its groups, or one of these by its components. */
interface OpenParts {
  readonly kind: 'parts';
  readonly names: readonly string[];
  readonly separator: string;
  readonly parts: string[];
  readonly done: (text: string) => void;
}

type Open = OpenDataSet | OpenAttribute | OpenText | OpenParts | { readonly kind: 'empty' };

const groups = ['Alphabetic', 'Ideographic', 'Phonetic'];
const components = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'];

class NativeModelReader {
  readonly #budget: ComposeBudget;
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #open: Open[] = [];
  #dataSet: ReturnType<DataSetComposer['finish']> | undefined;

  constructor(budget: ComposeBudget) {
    this.#budget = budget;
    // What the parser says may quote the text, which is patient data.
    this.#parser.on('error', () => {
      throw new DicomError('malformed', 'The XML is not well-formed');
    });
    this.#parser.on('doctype', () => {
      throw new DicomError('malformed', 'The XML has a document type declaration; send it without');
    });
    this.#parser.on('opentag', ({ local, attributes }) => {
      const values = Object.values(attributes).map(({ local: name, value }) => [name, value] as const);
      this.#open.push(this.#begin(local, new Map(values)));
    });
    this.#parser.on('closetag', () => this.#close());
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#text(text));
  }

  push(text: string): void {
    this.#parser.write(text);
  }

  end(): ReturnType<DataSetComposer['finish']> {
    this.#parser.close();
    if (this.#dataSet !== undefined) return this.#dataSet;
    throw new DicomError('malformed', 'The XML document is empty');
  }

  #begin(name: string, attributes: ReadonlyMap<string, string>): Open {
    const around = this.#open.at(-1);
    const number = attributes.get('number');
    if (around === undefined) {
      if (name !== 'NativeDicomModel') throw unexpected(name, 'the document');
      return { kind: 'data-set', composer: new DataSetComposer(this.#budget, 0), privates: [], number };
    }
    switch (around.kind) {
      case 'data-set':
        if (name !== 'DicomAttribute') throw unexpected(name, 'a data set');
        return {
          kind: 'attribute',
          attribute: new XmlAttribute(
            attributes.get('tag'),
            attributes.get('vr'),
            this.#budget.limits.values,
          ),
          creator: attributes.get('privateCreator'),
        };
      case 'attribute':
        return this.#beginValue(around.attribute, name, attributes);
      case 'parts':
        return beginPart(around, name);
      case 'text':
      case 'empty':
        throw unexpected(name, 'a value');
      default:
        return around satisfies never;
    }
  }

  #beginValue(attribute: XmlAttribute, name: string, attributes: ReadonlyMap<string, string>): Open {
    const number = attributes.get('number');
    const value = (text: string) => attribute.value(number, text);
    switch (name) {
      case 'Value':
        return { kind: 'text', text: '', done: value };
      case 'PersonName':
        return { kind: 'parts', names: groups, separator: '=', parts: [], done: value };
      case 'Item':
        return { kind: 'data-set', composer: this.#composer.item(), privates: [], number };
      case 'InlineBinary':
        return { kind: 'text', text: '', done: (text) => attribute.inlineBinary(text) };
      case 'BulkData':
        attribute.bulk(attributes.get('uri'));
        return { kind: 'empty' };
      default:
        throw unexpected(name, 'a DicomAttribute');
    }
  }

  /** Of the data set around. */
  get #composer(): DataSetComposer {
    const dataSet = this.#open.findLast((open) => open.kind === 'data-set');
    if (dataSet === undefined) throw new TypeError('an attribute stands in a data set');
    return dataSet.composer;
  }

  #close(): void {
    const closed = this.#open.pop();
    switch (closed?.kind) {
      case 'data-set':
        this.#closeDataSet(closed);
        return;
      case 'attribute':
        this.#closeAttribute(closed);
        return;
      case 'text':
        closed.done(closed.text);
        return;
      case 'parts':
        closed.done(joined(closed));
        return;
      case 'empty':
      case undefined:
        return;
      default:
        closed satisfies never;
    }
  }

  #closeDataSet({ composer, privates, number }: OpenDataSet): void {
    placePrivateAttributes(privates, composer);
    const dataSet = composer.finish();
    const around = this.#open.at(-1);
    if (around?.kind === 'attribute') around.attribute.item(number, dataSet);
    else this.#dataSet = dataSet;
  }

  #closeAttribute({ attribute, creator }: OpenAttribute): void {
    const around = this.#open.at(-1);
    if (around?.kind !== 'data-set') return;
    const add = (tag: number) => attribute.addTo(around.composer, tag);
    const { tag } = attribute;
    if (creator === undefined || !isPrivateTag(tag)) add(tag);
    else around.privates.push({ tag, creator, add });
  }

  #text(text: string): void {
    const around = this.#open.at(-1);
    if (around?.kind === 'text') around.text += text;
    else if (/\S/.test(text)) {
      if (around?.kind !== 'parts') throw new DicomError('malformed', 'The XML has text where none belongs');
      // A group that is not taken apart into its components.
      around.parts[0] = (around.parts[0] ?? '') + text.trim();
    }
  }
}

function beginPart(around: OpenParts, name: string): Open {
  const index = around.names.indexOf(name);
  if (index < 0) throw unexpected(name, 'a person name');
  const done = (text: string): void => {
    while (around.parts.length < index) around.parts.push('');
    around.parts[index] = text;
  };
  return around.names === groups
    ? { kind: 'parts', names: components, separator: '^', parts: [], done }
    : { kind: 'text', text: '', done };
}

/** Without empty parts at the end. */
function joined({ parts, separator }: OpenParts): string {
  const kept = [...parts].map((part) => part ?? '');
  while (kept.at(-1) === '') kept.pop();
  return kept.join(separator);
}

/** Names of elements are no values, but they come from outside. */
function unexpected(name: string, where: string): DicomError {
  const shown = /^\w{1,32}$/.test(name) ? name : 'element';
  return new DicomError('malformed', `The XML has a ${shown} in ${where}, where none belongs`);
}
