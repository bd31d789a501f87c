/** The schedule that comes with the archive, case by case. */
import { describe } from 'vitest';
import { checkRows, withCompleteRegisters } from './testing/schedule-rows.ts';

describe('fr-csp-r1112-7, deaths complete', () => {
  checkRows(
    'fr-csp-r1112-7',
    [
      ['twenty years from the visit', {}, '2030-06-15', 'keep', '2030-06-16', 'living'],
      ['twenty years have passed', {}, '2030-06-16', 'destroy', '2030-06-16', 'living'],
      [
        'from the last visit',
        { others: [{ studied: '2014-05-05' }] },
        '2030-06-16',
        'keep',
        '2034-05-06',
        'living',
      ],
      [
        'a newborn: to the 28th birthday',
        { born: '2010-06-01' },
        '2030-06-16',
        'keep',
        '2038-06-02',
        'living',
      ],
      ['a newborn, 28 years later', { born: '2010-06-01' }, '2038-06-02', 'destroy', '2038-06-02', 'living'],
      [
        'died within ten years of the visit',
        { died: '2013-02-03' },
        '2023-02-04',
        'destroy',
        '2023-02-04',
        'deceased',
      ],
      [
        'died within ten years, not yet',
        { died: '2013-02-03' },
        '2023-02-03',
        'keep',
        '2023-02-04',
        'deceased',
      ],
      [
        'died ten years after to the day',
        { died: '2020-06-15' },
        '2030-06-15',
        'keep',
        '2030-06-16',
        'deceased',
      ],
      ['died later', { died: '2020-06-16' }, '2030-06-16', 'destroy', '2030-06-16', 'living'],
      [
        'a child that died',
        { born: '2010-06-01', died: '2011-01-01' },
        '2021-01-02',
        'destroy',
        '2021-01-02',
        'deceased',
      ],
      ['no birth date', { born: null }, '2050-01-01', 'review', undefined, undefined],
      ['born on 29 February', { born: '2008-02-29' }, '2036-03-01', 'destroy', '2036-03-01', 'living'],
    ],
    withCompleteRegisters,
  );
});

describe('fr-csp-r1112-7 as it comes: deaths may be unknown', () => {
  checkRows('fr-csp-r1112-7', [
    ['not destroyed while nobody knows', {}, '2030-06-16', 'review', undefined, 'living'],
    ['a registered death is one', { died: '2013-02-03' }, '2023-02-04', 'destroy', '2023-02-04', 'deceased'],
  ]);
});
