/** What a CT scanner says of a slice: about 130 attributes, sequences within sequences, private blocks. */
import { Tags } from '@sandyq/dicom';
import { uint16 } from '../../support/made-instances.ts';
import type { RawElement, RawIdentity, RawItem } from '../../support/raw-instance.ts';
import type { Patient } from './patients.ts';

/** A slice in its series. */
export interface SliceFacts {
  readonly identity: RawIdentity;
  readonly patient: Patient;
  /** From 1. */
  readonly instanceNumber: number;
  readonly rows: number;
  readonly columns: number;
  /** Same for all slices of a series: a private header of its scanner. */
  readonly privateHeader: Buffer;
}

const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';

/** All of it but the pixels. */
export function ctAttributes(facts: SliceFacts): RawElement[] {
  return [
    ...patientAndStudy(facts),
    ...equipment(facts),
    ...acquisition(facts),
    ...geometry(facts),
    ...procedure(facts),
    ...image(facts),
    ...privateBlocks(facts),
  ];
}

function patientAndStudy({ patient }: SliceFacts): RawElement[] {
  return [
    [Tags.SpecificCharacterSet, 'CS', 'ISO_IR 192'],
    [Tags.StudyDate, 'DA', patient.studyDate],
    [Tags.StudyTime, 'TM', patient.studyTime],
    [Tags.AccessionNumber, 'SH', patient.accessionNumber],
    [Tags.ReferringPhysicianName, 'PN', 'Ахметова^Сәуле'],
    [Tags.StudyDescription, 'LO', 'Кеуде қуысының КТ'],
    [Tags.NameOfPhysiciansReadingStudy, 'PN', 'Сейітов^Бауыржан'],
    [Tags.OperatorsName, 'PN', 'Ким^Алексей'],
    [Tags.AdmittingDiagnosesDescription, 'LO', 'R91'],
    [Tags.PatientName, 'PN', patient.name],
    [Tags.PatientID, 'LO', patient.id],
    [Tags.IssuerOfPatientID, 'LO', 'HOSPITAL'],
    [Tags.PatientBirthDate, 'DA', patient.birthDate],
    [Tags.PatientSex, 'CS', patient.sex],
    [
      Tags.OtherPatientIDsSequence,
      'SQ',
      [
        [
          [Tags.PatientID, 'LO', `N${patient.id}`],
          [Tags.IssuerOfPatientID, 'LO', 'NATIONAL'],
        ],
      ],
    ],
    [Tags.PatientAge, 'AS', '054Y'],
    [Tags.PatientSize, 'DS', '1.71'],
    [Tags.PatientWeight, 'DS', '74'],
    [Tags.PregnancyStatus, 'US', uint16(4)],
    [Tags.StudyID, 'SH', '4711'],
    [Tags.PatientComments, 'LT', ''],
  ];
}

function equipment({ patient }: SliceFacts): RawElement[] {
  return [
    [Tags.ImageType, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SPI'],
    [Tags.InstanceCreationDate, 'DA', patient.studyDate],
    [Tags.InstanceCreationTime, 'TM', patient.studyTime],
    [Tags.SeriesDate, 'DA', patient.studyDate],
    [Tags.AcquisitionDate, 'DA', patient.studyDate],
    [Tags.ContentDate, 'DA', patient.studyDate],
    [Tags.SeriesTime, 'TM', patient.studyTime],
    [Tags.Modality, 'CS', 'CT'],
    [Tags.Manufacturer, 'LO', 'ACME Medical Systems'],
    [Tags.InstitutionName, 'LO', 'Қалалық клиникалық аурухана № 1'],
    [Tags.InstitutionAddress, 'ST', 'Алматы, Тәуелсіздік 1'],
    [Tags.StationName, 'SH', 'CT-ROOM-2'],
    [Tags.SeriesDescription, 'LO', 'Thorax 1.0 B60f'],
    [Tags.InstitutionalDepartmentName, 'LO', 'Radiology'],
    [Tags.ManufacturerModelName, 'LO', 'Scan 64'],
    [Tags.DeviceSerialNumber, 'LO', '47110815'],
    [Tags.SoftwareVersions, 'LO', 'VA48A_05_P12'],
    [Tags.BodyPartExamined, 'CS', 'CHEST'],
    [Tags.ProtocolName, 'LO', 'Thorax_Routine'],
    [Tags.DateOfLastCalibration, 'DA', '20260105'],
    [Tags.TimeOfLastCalibration, 'TM', '060000'],
    [Tags.SpatialResolution, 'DS', '0.6'],
  ];
}

function acquisition({ instanceNumber }: SliceFacts): RawElement[] {
  return [
    [
      Tags.AcquisitionTime,
      'TM',
      `1012${String(instanceNumber % 60).padStart(2, '0')}.${String(instanceNumber).padStart(6, '0')}`,
    ],
    [
      Tags.ContentTime,
      'TM',
      `1013${String(instanceNumber % 60).padStart(2, '0')}.${String(instanceNumber).padStart(6, '0')}`,
    ],
    [Tags.ContrastBolusAgent, 'LO', 'Iohexol 350'],
    [Tags.ContrastBolusRoute, 'LO', 'IV'],
    [Tags.ContrastBolusVolume, 'DS', '80'],
    [Tags.ScanOptions, 'CS', 'HELICAL MODE'],
    [Tags.SliceThickness, 'DS', '1'],
    [Tags.KVP, 'DS', '120'],
    [Tags.DataCollectionDiameter, 'DS', '500'],
    [Tags.ReconstructionDiameter, 'DS', '358'],
    [Tags.DistanceSourceToDetector, 'DS', '1085.6'],
    [Tags.DistanceSourceToPatient, 'DS', '595'],
    [Tags.GantryDetectorTilt, 'DS', '0'],
    [Tags.TableHeight, 'DS', '161.5'],
    [Tags.RotationDirection, 'CS', 'CW'],
    [Tags.ExposureTime, 'IS', '500'],
    [Tags.XRayTubeCurrent, 'IS', String(180 + (instanceNumber % 70))],
    [Tags.Exposure, 'IS', String(90 + (instanceNumber % 35))],
    [Tags.FilterType, 'SH', 'FLAT'],
    [Tags.GeneratorPower, 'IS', '28'],
    [Tags.FocalSpots, 'DS', '1.2'],
    [Tags.ConvolutionKernel, 'SH', 'B60f'],
    [Tags.PatientPosition, 'CS', 'FFS'],
    [Tags.SingleCollimationWidth, 'FD', float64(0.6)],
    [Tags.TotalCollimationWidth, 'FD', float64(38.4)],
    [Tags.TableSpeed, 'FD', float64(53.8)],
    [Tags.TableFeedPerRotation, 'FD', float64(26.9)],
    [Tags.SpiralPitchFactor, 'FD', float64(0.7)],
    [Tags.ExposureModulationType, 'CS', 'XYZ_EC'],
    [Tags.EstimatedDoseSaving, 'FD', float64(21.5)],
    [Tags.CTDIvol, 'FD', float64(7.31 + instanceNumber / 1_000)],
    [Tags.CTDIPhantomTypeCodeSequence, 'SQ', [code('113691', 'DCM', 'IEC Body Dosimetry Phantom')]],
    [Tags.AcquisitionNumber, 'IS', '3'],
  ];
}

function geometry({ identity, instanceNumber }: SliceFacts): RawElement[] {
  const z = (-120.5 - instanceNumber).toFixed(1);
  return [
    [Tags.SeriesNumber, 'IS', '5'],
    [Tags.InstanceNumber, 'IS', String(instanceNumber)],
    [Tags.ImagePositionPatient, 'DS', `-178.6\\-340.1\\${z}`],
    [Tags.ImageOrientationPatient, 'DS', '1\\0\\0\\0\\1\\0'],
    [Tags.FrameOfReferenceUID, 'UI', `${identity.studyInstanceUid}.9`],
    [Tags.PositionReferenceIndicator, 'LO', 'SN'],
    [Tags.SliceLocation, 'DS', z],
    [Tags.ImageComments, 'LT', ''],
    [Tags.IrradiationEventUID, 'UI', `${identity.studyInstanceUid}.8`],
    [
      Tags.ReferencedImageSequence,
      'SQ',
      [
        reference(CT_IMAGE, `${identity.studyInstanceUid}.7`),
        reference(CT_IMAGE, `${identity.studyInstanceUid}.6`),
      ],
    ],
    [
      Tags.SourceImageSequence,
      'SQ',
      [reference(CT_IMAGE, `${identity.seriesInstanceUid}.${instanceNumber}.1`)],
    ],
  ];
}

function procedure({ identity, patient }: SliceFacts): RawElement[] {
  const protocol = [
    code('CTTHOR', '99HOSP', 'CT of the thorax'),
    code('RPID16', 'RADLEX', 'CT CHEST W IV CONTRAST'),
  ];
  return [
    [Tags.ProcedureCodeSequence, 'SQ', [code('24627-2', 'LN', 'CT Chest')]],
    [
      Tags.ReferencedStudySequence,
      'SQ',
      [reference('1.2.840.10008.3.1.2.3.1', `${identity.studyInstanceUid}.5`)],
    ],
    [
      Tags.ReferencedPerformedProcedureStepSequence,
      'SQ',
      [reference('1.2.840.10008.3.1.2.3.3', `${identity.studyInstanceUid}.4`)],
    ],
    [Tags.RequestingPhysician, 'PN', 'Ахметова^Сәуле'],
    [Tags.RequestingService, 'LO', 'Pulmonology'],
    [Tags.RequestedProcedureDescription, 'LO', 'Кеуде қуысының КТ'],
    [Tags.RequestedProcedureCodeSequence, 'SQ', [code('24627-2', 'LN', 'CT Chest')]],
    [Tags.PerformedProcedureStepStartDate, 'DA', patient.studyDate],
    [Tags.PerformedProcedureStepStartTime, 'TM', patient.studyTime],
    [Tags.PerformedProcedureStepID, 'SH', 'PPS-4711'],
    [Tags.PerformedProcedureStepDescription, 'LO', 'CT Thorax'],
    [Tags.PerformedProtocolCodeSequence, 'SQ', protocol],
    [
      Tags.RequestAttributesSequence,
      'SQ',
      [
        [
          [Tags.ScheduledProcedureStepDescription, 'LO', 'CT Thorax'],
          [Tags.ScheduledProtocolCodeSequence, 'SQ', protocol],
          [Tags.ScheduledProcedureStepID, 'SH', `SPS-${patient.accessionNumber}`],
          [Tags.RequestedProcedureID, 'SH', `RP-${patient.accessionNumber}`],
        ],
      ],
    ],
    [Tags.RequestedProcedureID, 'SH', `RP-${patient.accessionNumber}`],
  ];
}

function image({ rows, columns }: SliceFacts): RawElement[] {
  return [
    [Tags.SamplesPerPixel, 'US', uint16(1)],
    [Tags.PhotometricInterpretation, 'CS', 'MONOCHROME2'],
    [Tags.Rows, 'US', uint16(rows)],
    [Tags.Columns, 'US', uint16(columns)],
    [Tags.PixelSpacing, 'DS', '0.69921875\\0.69921875'],
    [Tags.BitsAllocated, 'US', uint16(16)],
    [Tags.BitsStored, 'US', uint16(12)],
    [Tags.HighBit, 'US', uint16(11)],
    [Tags.PixelRepresentation, 'US', uint16(0)],
    [Tags.SmallestImagePixelValue, 'US', uint16(0)],
    [Tags.LargestImagePixelValue, 'US', uint16(2_400)],
    [Tags.WindowCenter, 'DS', '40\\-600'],
    [Tags.WindowWidth, 'DS', '400\\1200'],
    [Tags.RescaleIntercept, 'DS', '-1024'],
    [Tags.RescaleSlope, 'DS', '1'],
    [Tags.RescaleType, 'LO', 'HU'],
    [Tags.WindowCenterWidthExplanation, 'LO', 'MEDIASTINUM\\LUNG'],
    [Tags.LossyImageCompression, 'CS', '00'],
  ];
}

/** Two private blocks (PS3.5 §7.8): numbers of the scanner, and a header of its own in bytes. */
function privateBlocks({ instanceNumber, privateHeader }: SliceFacts): RawElement[] {
  return [
    [0x00190010, 'LO', 'ACME CT ACQUISITION'],
    [0x00191001, 'DS', (instanceNumber * 0.5).toFixed(2)],
    [0x00191002, 'IS', String(1_000 + instanceNumber)],
    [0x00191003, 'LO', 'RECON B60f'],
    [0x00191004, 'FD', float64(instanceNumber / 7)],
    [0x00191005, 'US', uint16(instanceNumber)],
    [0x00191006, 'SH', 'VA48A'],
    [0x00290010, 'LO', 'ACME HEADER'],
    [0x00291008, 'CS', 'IMAGE NUM 4'],
    [0x00291010, 'OB', privateHeader],
    [
      0x00291020,
      'SQ',
      [
        [
          [0x00290010, 'LO', 'ACME HEADER'],
          [0x00291021, 'LO', 'INNER'],
          [0x00291022, 'DS', '1\\2\\3'],
        ],
      ],
    ],
  ];
}

function code(value: string, scheme: string, meaning: string): RawItem {
  return [
    [Tags.CodeValue, 'SH', value],
    [Tags.CodingSchemeDesignator, 'SH', scheme],
    [Tags.CodeMeaning, 'LO', meaning],
  ];
}

function reference(sopClassUid: string, sopInstanceUid: string): RawItem {
  return [
    [Tags.ReferencedSOPClassUID, 'UI', sopClassUid],
    [Tags.ReferencedSOPInstanceUID, 'UI', sopInstanceUid],
  ];
}

function float64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}
