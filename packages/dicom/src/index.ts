/** The only entrance of @sandyq/dicom. A comment between blank lines begins the block of one part of the package. */

// Errors

export { DicomError, type DicomErrorCode, type DicomErrorPlace } from './errors.ts';

// Tags, dictionary, VRs, UIDs

export { type DictionaryEntry, type DictionaryVr, entryOfKeyword, entryOfTag } from './dictionary.ts';
export {
  groupOf,
  isKeyword,
  isPrivateCreator,
  isPrivateTag,
  type Keyword,
  parseTag,
  type Tag,
  Tags,
  tagToHex,
} from './tag.ts';
export { isUsableUid, isWellFormedUid } from './uid.ts';
export { hasLongLength, isBinaryVr, isVr, type Vr } from './vr.ts';

// Transfer syntaxes

export {
  type Compression,
  type TransferSyntax,
  TransferSyntaxes,
  transferSyntaxOf,
} from './transfer-syntax.ts';

// Data set

export type {
  BulkElement,
  ByteOrder,
  DataSet,
  Element,
  EncapsulatedPixelData,
  Fragment,
  NativePixelData,
  PixelDataElement,
} from './data-set.ts';
export type {
  EncapsulatedPixelDataLayout,
  NativePixelDataLayout,
  PixelDataLayout,
} from './pixel-data-layout.ts';

// Reading: Part 10 files and bare data sets, identification, typed values

export { type BulkStart, isPixelDataTag, type PixelDataStart } from './data-set-builder.ts';
export type { DataSetVisitor, ElementStart } from './data-set-visitor.ts';
export { type Identification, identify } from './identify.ts';
export { type Part10File, Part10Reader, type Part10ReaderOptions, readPart10 } from './part10-reader.ts';
export { defaultReaderLimits, type ReaderLimits } from './reader-limits.ts';
export {
  type DecodeText,
  floatsOf,
  intOf,
  intsOf,
  itemsOf,
  type Reading,
  readFloats,
  readIntegers,
  readStrings,
  stringOf,
  stringsOf,
  uidOf,
} from './values.ts';

// Character sets, person names, DICOM JSON Model

export {
  type AssumedCharacterSet,
  assumedCharacterSets,
  parseAssumedCharacterSet,
} from './assumed-character-set.ts';
export {
  type CharacterSetDecoder,
  type CharacterSetFlag,
  type CharacterSetPlan,
  decoderFor,
} from './character-set.ts';
export {
  type DicomJson,
  type DicomJsonAttribute,
  type DicomJsonOptions,
  type DicomJsonPersonName,
  type DicomJsonSource,
  type DicomJsonValue,
  labelOf,
  toDicomJson,
} from './json-model.ts';
export { stringifyDicomJson } from './json-text.ts';
// Names: found in other scripts, and by their sound
export { nameReadings, nameReadingsVersion } from './names/name-readings.ts';
export { nameSounds } from './names/name-sounds.ts';
export { patternRuns, patternTokens, type ReadingToken } from './names/pattern-tokens.ts';
export {
  type FuzzyWord,
  fuzzyWords,
  type ReadingPatterns,
  readingPatterns,
} from './names/reading-patterns.ts';
export {
  formatPersonName,
  type PersonName,
  type PersonNameComponents,
  parsePersonName,
  parsePersonNameComponents,
  personNameKey,
} from './person-name.ts';

// Writing: file meta information, Explicit VR Little Endian

export {
  type FileMeta,
  implementationClassUid,
  implementationVersionName,
  rewriteFileMeta,
  writeFileMeta,
} from './part10-writer.ts';
export { swapWords, type WordBytes, WordSwapper, wordBytesOf } from './word-swapper.ts';

// Re-encoding and comparing

export {
  type ContentComparison,
  type ContentDigest,
  type ContentDigestOptions,
  compareContent,
  type DigestedContent,
  digestContent,
  digestFile,
  type UndecidedComparison,
} from './content-digest.ts';
export { patientAndStudyAttributes } from './patient-and-study-attributes.ts';
export type { NewValue, NewValues } from './pixel-data-replacer.ts';
export {
  hasFileMeta,
  type TranscodeOptions,
  toExplicitLittleEndian,
  withFileMeta,
} from './transcode-data-set.ts';
export { type NewPixelData, withPixelData } from './transcode-pixel-data.ts';

// Composing an instance of metadata and bulk data (PS3.18 §10.5)

export type { ComposedBulk, ComposedDataSet, ComposedElement, ComposedInstance } from './compose-data-set.ts';
export { type ComposeLimits, defaultComposeLimits } from './compose-limits.ts';
export {
  type BulkBytes,
  type BulkContent,
  type ComposeOptions,
  composePart10,
  mostBytesOf,
  uidIn,
} from './compose-part10.ts';
export { JsonArraySplitter, type JsonRange } from './json-array-splitter.ts';
export { readDicomJson } from './json-reader.ts';
export { readNativeDicomModel } from './xml-reader.ts';
