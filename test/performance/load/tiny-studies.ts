/** Many studies of one small image each: what a worklist is searched in. */
import { Tags } from '@sandyq/dicom';
import { elementHeader, uint16 } from '../../support/made-instances.ts';
import { type RawElement, rawInstance } from '../../support/raw-instance.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { type LoadInstance, lengthOf } from './instance.ts';
import { makePatient, type Patient } from './patients.ts';

/** A study with what it can be found by. */
export interface TinyStudy {
  readonly patient: Patient;
  readonly modality: string;
  readonly description: string;
  readonly instance: LoadInstance;
}

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const MODALITIES = ['CT', 'CT', 'US', 'US', 'US', 'MR', 'DX', 'DX', 'MG'];
const DESCRIPTIONS = ['Thorax', 'Abdomen', 'Head', 'Knee left', 'Pelvis', 'Spine'];
const SIZE = 8;

/** Studies that follow from the state of `random`, one patient each. */
export function tinyStudies(random: SeededRandom, studies: number): TinyStudy[] {
  return Array.from({ length: studies }, () => tinyStudy(random));
}

function tinyStudy(random: SeededRandom): TinyStudy {
  const patient = makePatient(random);
  const [modality, description] = [random.pick(MODALITIES), random.pick(DESCRIPTIONS)];
  const studyInstanceUid = random.uid();
  const identity = {
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    sopInstanceUid: `${studyInstanceUid}.1.1`,
  };
  const pixels = random.bytes(SIZE * SIZE);
  const head = Buffer.concat([
    rawInstance(identity, attributesOf(patient, modality, description)),
    elementHeader(Tags.PixelData, 'OB', pixels.length),
  ]);
  const pieces = [Buffer.concat([head, pixels])];
  return {
    patient,
    modality,
    description,
    instance: {
      ...identity,
      transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN,
      pieces,
      bytes: lengthOf(pieces),
      pixelOffset: head.length,
      frames: [{ offset: head.length, pieces: [pixels] }],
    },
  };
}

function attributesOf(patient: Patient, modality: string, description: string): RawElement[] {
  return [
    [Tags.SpecificCharacterSet, 'CS', 'ISO_IR 192'],
    [Tags.StudyDate, 'DA', patient.studyDate],
    [Tags.StudyTime, 'TM', patient.studyTime],
    [Tags.AccessionNumber, 'SH', patient.accessionNumber],
    [Tags.Modality, 'CS', modality],
    [Tags.ReferringPhysicianName, 'PN', 'Ахметова^Сәуле'],
    [Tags.StudyDescription, 'LO', description],
    [Tags.PatientName, 'PN', patient.name],
    [Tags.PatientID, 'LO', patient.id],
    [Tags.PatientBirthDate, 'DA', patient.birthDate],
    [Tags.PatientSex, 'CS', patient.sex],
    [Tags.StudyID, 'SH', '1'],
    [Tags.SeriesNumber, 'IS', '1'],
    [Tags.InstanceNumber, 'IS', '1'],
    [Tags.SamplesPerPixel, 'US', uint16(1)],
    [Tags.PhotometricInterpretation, 'CS', 'MONOCHROME2'],
    [Tags.Rows, 'US', uint16(SIZE)],
    [Tags.Columns, 'US', uint16(SIZE)],
    [Tags.BitsAllocated, 'US', uint16(8)],
    [Tags.BitsStored, 'US', uint16(8)],
    [Tags.HighBit, 'US', uint16(7)],
    [Tags.PixelRepresentation, 'US', uint16(0)],
  ];
}
