/** The transfer syntaxes of PS3.6 Table A-1 and what their names mean for reading: encodings, never codecs. */
import { TransferSyntaxes } from './transfer-syntax-table.ts';
import type { Compression, TransferSyntax } from './transfer-syntax-type.ts';

export { type Compression, type TransferSyntax, TransferSyntaxes };

let byUid: ReadonlyMap<string, TransferSyntax> | undefined;

/** The transfer syntax of a UID without padding; undefined if PS3.6 does not know it. */
export function transferSyntaxOf(uid: string): TransferSyntax | undefined {
  byUid ??= new Map(Object.values<TransferSyntax>(TransferSyntaxes).map((syntax) => [syntax.uid, syntax]));
  return byUid.get(uid);
}
