/** The schedule that comes with the archive, case by case. */
import { describe, expect, it } from 'vitest';
import { checkRows } from './testing/schedule-rows.ts';
import { judge, shippedSchedule } from './testing/subjects.ts';

describe('kr-medical-service-act', () => {
  checkRows('kr-medical-service-act', [
    ['a CT in its fifth year', {}, '2015-06-15', 'keep', '2015-06-16', 'radiograph'],
    ['a CT after five years: may be extended once', {}, '2015-06-16', 'review', '2015-06-16', 'radiograph'],
    ['ultrasound is policy', { modalities: ['US'] }, '2015-06-16', 'review', '2015-06-16', 'ultrasound'],
    [
      'ultrasound and CT: the law asks for the CT',
      { modalities: ['CT', 'US'] },
      '2015-06-16',
      'review',
      '2015-06-16',
      'radiograph',
    ],
    [
      'ultrasound and a report: policy',
      { modalities: ['SR', 'US'] },
      '2015-06-16',
      'review',
      '2015-06-16',
      'ultrasound',
    ],
    ['no modality: both may apply', { modalities: [] }, '2015-06-16', 'review', '2015-06-16', 'radiograph'],
    ['already the next day in Seoul', {}, '2015-06-15T15:00:00Z', 'review', '2015-06-16', 'radiograph'],
  ]);

  it('says when the one extension has passed too', () => {
    const schedule = shippedSchedule('kr-medical-service-act');
    expect(judge(schedule, {}, '2015-06-16').overdueFrom).toBe('2020-06-16');
  });
});
