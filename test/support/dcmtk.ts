/** DCMTK's dcm2json as the other reader: a foreign program that is there or not. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComparedDataSet } from './compare-dicom-json.ts';

/** Whether dcm2json is missing and its tests may skip (`apt-get install dcmtk` brings it): never in CI. */
export const skipWithoutDcmtk =
  spawnSync('dcm2json', ['--version']).status !== 0 && process.env['CI'] !== 'true';

/** The model of a file, or what dcm2json said when it refused it. */
export type DcmtkAnswer = { readonly json: ComparedDataSet } | { readonly refusal: string };

/** Runs dcm2json on the bytes of a file. */
export function readWithDcmtk(bytes: Uint8Array): DcmtkAnswer {
  const folder = mkdtempSync(join(tmpdir(), 'dcm2json-'));
  try {
    const file = join(folder, 'instance.dcm');
    writeFileSync(file, bytes);
    const { status, stdout, stderr } = spawnSync('dcm2json', ['-q', '-fc', file], { maxBuffer: 2 ** 30 });
    if (status !== 0) return { refusal: stderr.toString() };
    const json: ComparedDataSet = JSON.parse(repaired(stdout.toString()));
    return { json };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** dcm2json of DCMTK 3.6.7 copies '1.' from DS, which is no JSON number (DCMTK bug 1079). */
function repaired(json: string): string {
  return json.replace(/([[,]-?\d+)\.(?=[,\]])/g, '$1');
}

/** The Native DICOM Model that dcm2xml writes of the bytes of a file, binary values within; undefined where it refuses. */
export function nativeModelWithDcmtk(bytes: Uint8Array): Buffer | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'dcm2xml-'));
  try {
    const file = join(folder, 'instance.dcm');
    writeFileSync(file, bytes);
    const options = ['-q', '+U8', '--native-format', '+Eb', file];
    const { status, stdout } = spawnSync('dcm2xml', options, { maxBuffer: 2 ** 30 });
    return status === 0 ? stdout : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
