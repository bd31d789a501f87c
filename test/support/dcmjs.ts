/** dcmjs as the other reader: what it makes of a file, in the form of PS3.18 Annex F. */
import { createRequire } from 'node:module';
import type { ComparedAttribute, ComparedDataSet } from './compare-dicom-json.ts';

/** What is used of dcmjs, which has no types. */
interface Dcmjs {
  readonly log: { setLevel(level: string): void; getLogger(name: string): Dcmjs['log'] };
  readonly data: { readonly DicomMessage: { readFile(bytes: ArrayBuffer): { readonly dict: DcmjsDataSet } } };
}

type DcmjsDataSet = Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>>;

/**
 * Reads a file with dcmjs. Its dictionary differs in form only: '' for an empty value, buffers for binary values,
 * raw bytes beside the values. Throws what dcmjs throws.
 */
export function readWithDcmjs(bytes: Buffer): ComparedDataSet {
  const dcmjs: Dcmjs = createRequire(import.meta.url)('dcmjs');
  for (const log of [dcmjs.log, dcmjs.log.getLogger('validation.dcmjs')]) log.setLevel('silent');
  const copy = Uint8Array.from(bytes).buffer;
  return asDicomJson(dcmjs.data.DicomMessage.readFile(copy).dict);
}

function asDicomJson(dataSet: DcmjsDataSet): ComparedDataSet {
  const attributes = Object.entries(dataSet).filter(([tag]) => /^[0-9A-F]{8}$/.test(tag));
  return Object.fromEntries(attributes.map(([tag, { vr, Value = [] }]) => [tag, attribute(vr, Value)]));
}

function attribute(vr: string, values: readonly unknown[]): ComparedAttribute {
  const [first] = values;
  if (values.length === 0 || (values.length === 1 && (first === '' || first == null))) return { vr };
  if (vr === 'SQ') return { vr, Value: values.map((item) => (isDataSet(item) ? asDicomJson(item) : {})) };
  if (first instanceof ArrayBuffer) return binary(vr, values.filter(isBuffer));
  return { vr, Value: values.map(value) };
}

function binary(vr: string, buffers: readonly ArrayBuffer[]): ComparedAttribute {
  const bytes = Buffer.concat(buffers.map((buffer) => Buffer.from(buffer)));
  return bytes.length === 0 ? { vr } : { vr, InlineBinary: bytes.toString('base64') };
}

function value(value: unknown): unknown {
  if (value === '') return null;
  if (typeof value !== 'object' || value === null) return value;
  const groups = ['Alphabetic', 'Ideographic', 'Phonetic'];
  return Object.fromEntries(Object.entries(value).filter(([name]) => groups.includes(name)));
}

function isDataSet(item: unknown): item is DcmjsDataSet {
  return typeof item === 'object' && item !== null;
}

function isBuffer(value: unknown): value is ArrayBuffer {
  return value instanceof ArrayBuffer;
}
