import { describe, expect, it } from 'vitest';
import { DicomwebError } from './errors.ts';
import { parseSearch } from './search-request.ts';

const zoneOf = (query: string) => parseSearch('study', {}, new URLSearchParams(query));

describe('Timezone Offset From UTC in a search', () => {
  it.each([
    ['TimezoneOffsetFromUTC=%2B0530', 330],
    ['TimezoneOffsetFromUTC=+0500', 300],
    ['00080201=-0330', -210],
    ['TimezoneOffsetFromUTC=', undefined],
  ])('%s is the zone of the request, not a key', (query, offsetMinutes) => {
    expect(zoneOf(query)).toMatchObject({ filters: [], warnings: [] });
    expect(zoneOf(query).offsetMinutes).toBe(offsetMinutes);
  });

  it.each(['+1500', '-1230', '5', '+0560', 'Z'])('%s is none', (zone) => {
    const query = new URLSearchParams({ TimezoneOffsetFromUTC: zone }).toString();
    expect(() => zoneOf(query)).toThrow(
      expect.objectContaining({
        name: DicomwebError.name,
        code: 'bad-request',
        parameter: 'TimezoneOffsetFromUTC',
      }),
    );
  });
});
