/** Attribute names in queries (PS3.18 §8.3.4.1): a keyword, eight hexadecimal digits, or several joined by dots. */
import { entryOfKeyword, type Tag } from '@sandyq/dicom';

/** Deepest sequence path that is read. */
const deepestPath = 16;

/**
 * Reads an attribute name: `PatientName`, `00100010`, `RequestAttributesSequence.ScheduledProcedureStepID`,
 * `00400275.00400009`, also mixed.
 *
 * @returns tags from the data set down; undefined if a step is neither a keyword of PS3.6 nor a tag
 */
export function parseAttributePath(text: string): Tag[] | undefined {
  const steps = text.split('.', deepestPath + 1);
  if (steps.length > deepestPath) return undefined;
  const path: Tag[] = [];
  for (const step of steps) {
    const tag = /^[0-9A-Fa-f]{8}$/.test(step) ? Number.parseInt(step, 16) : entryOfKeyword(step)?.tag;
    if (tag === undefined) return undefined;
    path.push(tag);
  }
  return path;
}
