/** Which VRs hold text. */
import type { Vr } from './vr.ts';

const textVrs: ReadonlySet<string> = new Set<Vr>(
  // biome-ignore format: a table
  ['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'LO', 'LT', 'PN', 'SH', 'ST', 'TM', 'UC', 'UI', 'UR', 'UT'],
);

/** Whether a dictionary's VR is one whose values are characters (PS3.5 §6.2); choices of VRs are none. */
export function isTextVr(vr: string): vr is Vr {
  return textVrs.has(vr);
}
