/** A few studies made for searches: every attribute that can be matched occurs with values that tell them apart. */
import { Tags } from '@sandyq/dicom';
import { type RawElement, type RawIdentity, rawInstance } from './raw-instance.ts';

const ctImage = '1.2.840.10008.5.1.4.1.1.2';
const basicText = '1.2.840.10008.5.1.4.1.1.88.11';
const usMultiFrame = '1.2.840.10008.5.1.4.1.1.3.1';

/** Identity by number: study 1 is 2.25.5.1, its series 2 is 2.25.5.1.2. */
export function searchedIds(study: number, series = 1, instance = 1): RawIdentity {
  const studyInstanceUid = `2.25.5.${study}`;
  const seriesInstanceUid = `${studyInstanceUid}.${series}`;
  return { studyInstanceUid, seriesInstanceUid, sopInstanceUid: `${seriesInstanceUid}.${instance}` };
}

/** Study 1: a CT of three images that answers two requests, and its report. */
const thorax: readonly RawElement[] = [
  [Tags.StudyDate, 'DA', '20240115'],
  [Tags.StudyTime, 'TM', '081500'],
  [Tags.AccessionNumber, 'SH', 'ACC-1'],
  [Tags.InstitutionName, 'LO', 'City Hospital'],
  [Tags.ReferringPhysicianName, 'PN', 'House^Gregory'],
  [Tags.StudyDescription, 'LO', 'Thorax CT'],
  [Tags.PatientName, 'PN', 'Smith^John'],
  [Tags.PatientID, 'LO', 'P1'],
  [Tags.PatientBirthDate, 'DA', '19600102'],
  [Tags.PatientSex, 'CS', 'M'],
  [Tags.StudyID, 'SH', 'S1'],
];
const axial: readonly RawElement[] = [
  ...thorax,
  [Tags.ImageType, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
  [Tags.SeriesDate, 'DA', '20240115'],
  [Tags.SeriesTime, 'TM', '081600'],
  [Tags.Modality, 'CS', 'CT'],
  [Tags.Manufacturer, 'LO', 'Sandyq Tests'],
  [Tags.ManufacturerModelName, 'LO', 'Scanner One'],
  [Tags.StationName, 'SH', 'CT-ROOM-1'],
  [Tags.SeriesDescription, 'LO', 'Axial 5mm'],
  [Tags.BodyPartExamined, 'CS', 'CHEST'],
  [Tags.DeviceSerialNumber, 'LO', 'SN-1'],
  [Tags.SeriesNumber, 'IS', '1'],
  [Tags.Rows, 'US', Buffer.of(16, 0)],
  [Tags.Columns, 'US', Buffer.of(32, 0)],
  [Tags.BitsAllocated, 'US', Buffer.of(16, 0)],
  [Tags.PerformedProcedureStepStartDate, 'DA', '20240115'],
  [Tags.PerformedProcedureStepStartTime, 'TM', '081510'],
  [
    Tags.RequestAttributesSequence,
    'SQ',
    [
      [
        [Tags.ScheduledProcedureStepID, 'SH', 'SPS-1'],
        [Tags.RequestedProcedureID, 'SH', 'RP-1'],
      ],
      [
        [Tags.ScheduledProcedureStepID, 'SH', 'SPS-2'],
        [Tags.RequestedProcedureID, 'SH', 'RP-2'],
      ],
    ],
  ],
];
const report: readonly RawElement[] = [
  ...thorax,
  [Tags.Modality, 'CS', 'SR'],
  [Tags.SeriesNumber, 'IS', '2'],
  [Tags.SeriesDescription, 'LO', 'Report'],
  [Tags.InstanceNumber, 'IS', '1'],
  [Tags.ContentDate, 'DA', '20240116'],
  [Tags.ContentTime, 'TM', '101500'],
];
/** Study 2: ultrasound of another patient. */
const ultrasound: readonly RawElement[] = [
  [Tags.StudyDate, 'DA', '20240220'],
  [Tags.StudyTime, 'TM', '093000'],
  [Tags.AccessionNumber, 'SH', 'ACC-2'],
  [Tags.ReferringPhysicianName, 'PN', 'Wilson^James'],
  [Tags.PatientName, 'PN', 'Smythe^Jane'],
  [Tags.PatientID, 'LO', 'P2'],
  [Tags.PatientSex, 'CS', 'F'],
  [Tags.Modality, 'CS', 'US'],
  [0x00090010, 'LO', 'SANDYQ TEST'],
  [0x00091001, 'LO', 'private'],
  [Tags.NumberOfFrames, 'IS', '10'],
  [Tags.Rows, 'US', Buffer.of(8, 0)],
  [Tags.Columns, 'US', Buffer.of(8, 0)],
];
/** Study 3: names in Cyrillic and Hangul. */
const mr: readonly RawElement[] = [
  [Tags.SpecificCharacterSet, 'CS', 'ISO_IR 192'],
  [Tags.StudyDate, 'DA', '20240301'],
  [Tags.StudyTime, 'TM', '120000'],
  [Tags.PatientName, 'PN', 'Ким^Анна=김^안나'],
  [Tags.PatientID, 'LO', 'P3'],
  [Tags.Modality, 'CS', 'MR'],
];
/** Study 4: as little as a study can be. */
const bare: readonly RawElement[] = [];

/** Of studies that are alike but for their UIDs: their order is the archive's to keep. */
export const alikeElements: readonly RawElement[] = [
  [Tags.StudyDate, 'DA', '20230101'],
  [Tags.PatientID, 'LO', 'P5'],
  [Tags.PatientName, 'PN', 'Many^Studies'],
  [Tags.Modality, 'CS', 'CR'],
];
/** Their numbers. */
export const alikeStudies = Array.from({ length: 12 }, (_, index) => 11 + index);

/** All instances, in the order in which they are to be stored. */
export function searchedInstances(): Buffer[] {
  const number = (instance: number): RawElement => [Tags.InstanceNumber, 'IS', String(instance)];
  return [
    // Not in the order of their instance numbers.
    ...[2, 3, 1].map((instance) =>
      rawInstance({ ...searchedIds(1, 1, instance), sopClassUid: ctImage }, [...axial, number(instance)]),
    ),
    rawInstance({ ...searchedIds(1, 2, 1), sopClassUid: basicText }, report),
    ...[1, 2].map((instance) =>
      rawInstance({ ...searchedIds(2, 1, instance), sopClassUid: usMultiFrame }, [
        ...ultrasound,
        number(instance),
      ]),
    ),
    rawInstance(searchedIds(3), mr),
    rawInstance(searchedIds(4), bare),
    ...alikeStudies.map((study) => rawInstance(searchedIds(study), alikeElements)),
  ];
}
