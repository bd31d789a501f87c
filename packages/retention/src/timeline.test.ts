import { describe, expect, it } from 'vitest';
import { parseCalendarDate } from './calendar-date.ts';
import type { OtherStudy } from './subject.ts';
import { laterThan, timelineOf } from './timeline.ts';

function study(studied: string | undefined, received: string): OtherStudy {
  return {
    ...(studied !== undefined && { studyDate: parseCalendarDate(studied) }),
    firstReceivedAt: new Date(received),
    modalities: ['CT'],
    facility: 'A',
  };
}

describe('the timeline of a person', () => {
  const studies = [
    study('2012-05-05', '2012-05-05T12:00:00Z'),
    study(undefined, '2011-01-31T22:00:00Z'),
    // A day later than it was received is a matter of zones; two are not possible.
    study('2010-01-02', '2010-01-01T12:00:00Z'),
    study('2031-01-01', '2010-01-01T12:00:00Z'),
  ];

  it('is in the order of their days, those without a day at their receipt', () => {
    expect(timelineOf(studies, 'UTC').map(({ date }) => date)).toEqual([
      '2010-01-01',
      '2010-01-02',
      '2011-01-31',
      '2012-05-05',
    ]);
  });

  it('is that of the zone that is asked for', () => {
    expect(timelineOf(studies, 'Asia/Almaty')[2]?.date).toBe('2011-02-01');
    expect(timelineOf(studies, 'UTC')[2]?.date).toBe('2011-01-31');
  });

  it('is made once for those who share the list', () => {
    expect(timelineOf(studies, 'UTC')).toBe(timelineOf(studies, 'UTC'));
  });

  it.each([
    ['2009-12-31', 4],
    ['2010-01-01', 3],
    ['2011-06-01', 1],
    ['2012-05-05', 0],
  ])('has after %s %i', (day, count) => {
    expect(laterThan(timelineOf(studies, 'UTC'), parseCalendarDate(day))).toHaveLength(count);
  });
});
