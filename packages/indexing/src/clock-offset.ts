/** How far a device's clock is off, as its newest instances show it. */
import { type DicomJson, Tags } from '@sandyq/dicom';
import { textOf } from './json-text.ts';

/** Offsets beyond this say that an old study was sent again, not that a clock is wrong. */
const MAX_PLAUSIBLE_MS = 7 * 24 * 3_600_000;

/**
 * Received time minus Instance Creation Date and Time (0008,0012), (0008,0013), in milliseconds; undefined where the
 * data set has none or the instance is old. Without Timezone Offset From UTC (0008,0201) the server's zone counts.
 */
export function clockOffsetMs(json: DicomJson, receivedAt: Date): number | undefined {
  const date = /^(\d{4})(\d{2})(\d{2})$/.exec(textOf(json, Tags.InstanceCreationDate) ?? '');
  const time = /^(\d{2})(\d{2})(\d{2})/.exec(textOf(json, Tags.InstanceCreationTime) ?? '');
  if (date === null || time === null) return undefined;
  const zone = /^([+-]\d{2})(\d{2})$/.exec(textOf(json, Tags.TimezoneOffsetFromUTC) ?? '');
  const offsetText = zone === null ? '' : `${zone[1]}:${zone[2]}`;
  const iso = `${date[1]}-${date[2]}-${date[3]}T${time[1]}:${time[2]}:${time[3]}${offsetText}`;
  const offset = receivedAt.getTime() - new Date(iso).getTime();
  return Number.isFinite(offset) && Math.abs(offset) <= MAX_PLAUSIBLE_MS ? offset : undefined;
}
