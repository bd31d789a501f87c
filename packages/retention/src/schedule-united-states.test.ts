/** The schedule that comes with the archive, case by case. */
import { describe } from 'vitest';
import { checkRows } from './testing/schedule-rows.ts';
import { type Case } from './testing/subjects.ts';

describe('us-federal', () => {
  const mammogram: Case = { modalities: ['MG'], studied: '2010-06-15' };
  checkRows('us-federal', [
    ['a CT, five years', {}, '2015-06-15', 'keep', '2015-06-16', 'hospital'],
    ['a CT, after five years', {}, '2015-06-16', 'review', '2015-06-16', 'hospital'],
    ['the last mammogram', mammogram, '2015-06-16', 'keep', '2020-06-16', 'last-mammogram'],
    ['the last mammogram, ten years', mammogram, '2020-06-16', 'review', '2020-06-16', 'last-mammogram'],
    [
      'a later mammogram here',
      { ...mammogram, others: [{ studied: '2012-06-15', modalities: ['MG'] }] },
      '2015-06-16',
      'review',
      '2015-06-16',
      'hospital',
    ],
    [
      'a later mammogram elsewhere',
      { ...mammogram, others: [{ studied: '2012-06-15', modalities: ['MG'], facility: 'B' }] },
      '2015-06-16',
      'keep',
      '2020-06-16',
      'last-mammogram',
    ],
    [
      'a later CT here',
      { ...mammogram, others: [{ studied: '2012-06-15' }] },
      '2015-06-16',
      'keep',
      '2020-06-16',
      'last-mammogram',
    ],
    [
      'an earlier mammogram',
      { ...mammogram, others: [{ studied: '2008-06-15', modalities: ['MG'] }] },
      '2015-06-16',
      'keep',
      '2020-06-16',
      'last-mammogram',
    ],
    [
      'a later one five years on to the day',
      { ...mammogram, others: [{ studied: '2015-06-15', modalities: ['MG'] }] },
      '2015-06-16',
      'review',
      '2015-06-16',
      'hospital',
    ],
    [
      'a later one after more than five years',
      { ...mammogram, others: [{ studied: '2015-06-16', modalities: ['MG'] }] },
      '2016-01-01',
      'keep',
      '2020-06-16',
      'last-mammogram',
    ],
    [
      'one without a date that was received later may be an earlier one: kept as if there were none',
      { ...mammogram, others: [{ received: '2012-01-01', modalities: ['MG'] }] },
      '2020-06-15',
      'keep',
      '2020-06-16',
      'last-mammogram',
    ],
    [
      'one without a date, received before the study, is an earlier one',
      { ...mammogram, others: [{ received: '2010-01-01', modalities: ['MG'] }] },
      '2020-06-15',
      'keep',
      '2020-06-16',
      'last-mammogram',
    ],
    [
      'mammogram and ultrasound in one study',
      { ...mammogram, modalities: ['US', 'MG'] },
      '2015-06-16',
      'keep',
      '2020-06-16',
      'last-mammogram',
    ],
  ]);
});
