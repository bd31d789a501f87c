/** The schedule that comes with the archive, case by case. */
import { describe } from 'vitest';
import { checkRows, withCompleteRegisters } from './testing/schedule-rows.ts';

describe('uk-nhs, registers complete', () => {
  checkRows(
    'uk-nhs',
    [
      ['an adult seen once', {}, '2018-06-16', 'destroy', '2018-06-16', 'adult'],
      [
        'an adult seen again',
        { others: [{ studied: '2015-01-01' }] },
        '2018-06-16',
        'keep',
        '2023-01-02',
        'adult',
      ],
      [
        'a registered contact is a contact',
        { contact: '2016-01-01' },
        '2018-06-16',
        'keep',
        '2024-01-02',
        'adult',
      ],
      [
        'an earlier study is none',
        { others: [{ studied: '2005-01-01' }] },
        '2018-06-16',
        'destroy',
        '2018-06-16',
        'adult',
      ],
      ['a child, to the 25th birthday', { born: '2000-03-01' }, '2025-03-01', 'keep', '2025-03-02', 'child'],
      [
        'a child, after the 25th birthday',
        { born: '2000-03-01' },
        '2025-03-02',
        'destroy',
        '2025-03-02',
        'child',
      ],
      [
        '17 on the day of the study: to the 26th',
        { born: '1993-06-15' },
        '2019-06-15',
        'keep',
        '2019-06-16',
        'child-of-17',
      ],
      ['17 the day after: a child', { born: '1993-06-16' }, '2018-06-17', 'destroy', '2018-06-17', 'child'],
      [
        'a child last seen at 17: to the 26th',
        { born: '2000-03-01', others: [{ studied: '2017-03-15' }] },
        '2025-03-16',
        'keep',
        '2026-03-02',
        'child-of-17',
      ],
      [
        'seen at 17 and again at 18: eight years',
        { born: '1993-01-01', others: [{ studied: '2011-02-01' }] },
        '2019-02-01',
        'keep',
        '2019-02-02',
        'child',
      ],
      ['18 on the day of the study', { born: '1992-06-15' }, '2018-06-16', 'destroy', '2018-06-16', 'adult'],
      [
        'a child seen again as an adult',
        { born: '2000-03-01', others: [{ studied: '2020-01-01' }] },
        '2025-03-02',
        'keep',
        '2028-01-02',
        'child',
      ],
      ['cancer', { diagnoses: { cancer: '2010-07-01' } }, '2018-06-16', 'keep', '2040-07-02', 'cancer'],
      [
        'cancer, after 30 years',
        { diagnoses: { cancer: '2010-07-01' } },
        '2040-07-02',
        'review',
        '2040-07-02',
        'cancer',
      ],
      [
        'cancer, dead',
        { diagnoses: { cancer: '2010-07-01' }, died: '2014-01-01' },
        '2022-01-02',
        'review',
        '2022-01-02',
        'cancer-deceased',
      ],
      [
        'another diagnosis',
        { diagnoses: { asthma: '2010-07-01' } },
        '2018-06-16',
        'destroy',
        '2018-06-16',
        'adult',
      ],
      ['CJD', { diagnoses: { cjd: '2010-07-01' } }, '2040-07-01', 'keep', '2040-07-02', 'cjd'],
      [
        'a transplant, seen later',
        { diagnoses: { transplant: '2010-07-01' }, contact: '2012-01-01' },
        '2041-01-01',
        'keep',
        '2042-01-02',
        'transplant',
      ],
      [
        'screening',
        { modalities: ['MG'], programmes: ['breast-screening'] },
        '2018-06-16',
        'keep',
        '2020-06-16',
        'screening',
      ],
      [
        'screening, after ten years',
        { modalities: ['MG'], programmes: ['breast-screening'] },
        '2020-06-16',
        'destroy',
        '2020-06-16',
        'screening',
      ],
      ['death alone changes nothing', { died: '2012-01-01' }, '2018-06-16', 'destroy', '2018-06-16', 'adult'],
      ['died before the study', { died: '2009-01-01' }, '2018-06-16', 'review', '2018-06-16', 'adult'],
      [
        'two dates of death',
        { died: ['2012-01-01', '2013-01-01'], diagnoses: { cancer: '2010-07-01' } },
        '2040-07-02',
        'review',
        undefined,
        'cancer',
      ],
    ],
    withCompleteRegisters,
  );
});

describe('uk-nhs as it comes: registers may be incomplete', () => {
  checkRows('uk-nhs', [
    ['what is known is kept', {}, '2018-06-15', 'keep', undefined, 'screening'],
    ['then somebody has to look', {}, '2020-06-16', 'review', undefined, 'screening'],
  ]);
});
