/** Which kind of rendered form an instance has (PS3.18 §8.7.2, Table 8.7.4-1), by its SOP class. */
import type { InstanceLocation } from '@sandyq/database';

/** 'image': pixel data of its own. */
export type RenderedKind =
  | 'image'
  | 'presentation-state'
  | 'other-presentation-state'
  | 'report'
  | 'document'
  | 'none';

/** Grayscale Softcopy Presentation State Storage (PS3.4 N.3). */
const GRAYSCALE_PRESENTATION_STATE = '1.2.840.10008.5.1.4.1.1.11.1';
/** All presentation states, colour, blending, volumetric and others too. */
const PRESENTATION_STATES = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.11\.\d+$/;
/** Structured reports and key object selections (PS3.3 A.35). */
const REPORTS = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.88\.\d+$/;
/** Encapsulated PDF, CDA and 3D models (PS3.3 A.45). */
const ENCAPSULATED_DOCUMENTS = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.104\.\d+$/;

/** The kind of an instance. */
export function renderedKindOf({
  sopClassUid,
  pixelData,
}: Pick<InstanceLocation, 'sopClassUid' | 'pixelData'>): RenderedKind {
  if (sopClassUid === GRAYSCALE_PRESENTATION_STATE) return 'presentation-state';
  if (PRESENTATION_STATES.test(sopClassUid)) return 'other-presentation-state';
  if (pixelData !== undefined && pixelData.frames > 0) return 'image';
  if (REPORTS.test(sopClassUid)) return 'report';
  return ENCAPSULATED_DOCUMENTS.test(sopClassUid) ? 'document' : 'none';
}
