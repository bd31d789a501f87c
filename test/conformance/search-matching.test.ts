/** Matching of the Search transaction (PS3.18 §10.6.1, PS3.4 C.2.2.2) at its three levels and in its scopes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SearchedArchive, startSearchedArchive } from '../support/searched-archive.ts';

let archive: SearchedArchive;

beforeAll(async () => {
  archive = await startSearchedArchive();
});
afterAll(() => archive?.stop());

describe('matching of studies, newest first', () => {
  it.each([
    // exact, by keyword and by tag
    ['PatientID=P1', ['1']],
    ['00100020=P2', ['2']],
    ['AccessionNumber=ACC-2', ['2']],
    ['StudyID=S1', ['1']],
    ['PatientSex=F', ['2']],
    ['PatientBirthDate=19600102', ['1']],
    ['InstitutionName=City Hospital', ['1']],
    ['PatientID=P1&AccessionNumber=ACC-1', ['1']],
    ['PatientID=P1&AccessionNumber=ACC-2', []],
    ['PatientID=p1', []],
    // universal
    ['PatientID=&StudyDate=20240101-', ['3', '2', '1']],
    // ranges
    ['StudyDate=20240115', ['1']],
    ['StudyDate=20240115-20240220', ['2', '1']],
    ['StudyDate=20240220-', ['3', '2']],
    ['StudyDate=-20240115&PatientName=Sm*', ['1']],
    ['StudyDate=-20221231', []],
    ['StudyTime=0800-0859', ['1']],
    ['StudyTime=090000-120000', ['3', '2']],
    // one range of moments, not a date and a time apart
    ['StudyDate=20240115-20240220&StudyTime=090000-090000', []],
    ['StudyDate=20240115-20240220&StudyTime=080000-093000', ['2', '1']],
    ['StudyDate=20240115-20240301&StudyTime=090000-110000', ['2']],
    // lists of UIDs
    ['StudyInstanceUID=2.25.5.1,2.25.5.3,2.25.5.99', ['3', '1']],
    [String.raw`StudyInstanceUID=2.25.5.1\2.25.5.2`, ['2', '1']],
    ['StudyInstanceUID=2.25.5.1&StudyInstanceUID=2.25.5.2', ['2', '1']],
    // wild cards
    ['AccessionNumber=ACC-*', ['2', '1']],
    ['AccessionNumber=A*-?', ['2', '1']],
    ['StudyDescription=*CT', ['1']],
    ['PatientID=P?&StudyDate=20240101-', ['3', '2', '1']],
    ['AccessionNumber=*C-2', ['2']],
    ['InstitutionName=City*', ['1']],
    ['InstitutionName=*Hosp?tal', ['1']],
    ['InstitutionName=*Nowhere', []],
    ['ModalitiesInStudy=C?&StudyDate=20240101-', ['1']],
    ['ModalitiesInStudy=?R&PatientID=P1', ['1']],
    ['ModalitiesInStudy=X*', []],
    ['IssuerOfPatientID=NOBODY', []],
    ['PatientID=%25', []],
    ['PatientID=P_', []],
    // attributes without a value, where that is asked for
    ['AccessionNumber=""&StudyDate=20240101-&emptyvaluematching=true', ['3']],
    ['StudyDate=""&emptyvaluematching=true', ['4']],
    ['PatientName=""&emptyvaluematching=true', ['4']],
    ['ReferringPhysicianName=""&PatientID=P3&emptyvaluematching=true', ['3']],
    ['ModalitiesInStudy=""&emptyvaluematching=true', ['4']],
    ['InstitutionName=""&StudyDate=20240101-&emptyvaluematching=true', ['3', '2']],
    ['AccessionNumber=""', []],
    // all of several values, where that is asked for
    [String.raw`ModalitiesInStudy=CT\SR`, ['1']],
    [String.raw`ModalitiesInStudy=CT\US&multiplevaluematching=true`, []],
    [String.raw`ModalitiesInStudy=CT\SR&multiplevaluematching=true`, ['1']],
    // person names: without case, by component groups
    ['PatientName=Smith^John', ['1']],
    ['PatientName=smith^john', ['1']],
    ['PatientName=SM?TH*', ['2', '1']],
    ['PatientName=*jane', ['2']],
    ['PatientName=Smith', []],
    ['PatientName=Ким^Анна', ['3']],
    ['PatientName=ким*', ['3']],
    ['PatientName=김*', ['3']],
    ['PatientName=Ким^Анна=김^안나', ['3']],
    ['PatientName==김^안나', ['3']],
    ['PatientName=Ким^Анна=박*', []],
    ['ReferringPhysicianName=house*', ['1']],
    // values of all series of the study
    ['ModalitiesInStudy=SR', ['1']],
    [String.raw`ModalitiesInStudy=CT\US`, ['2', '1']],
    ['ModalitiesInStudy=CT,US', ['2', '1']],
    ['ModalitiesInStudy=M*', ['3']],
  ])('%s', async (query, expected) => {
    expect(await archive.found('studies', query)).toEqual(expected);
  });
});

describe('matching of series', () => {
  it.each([
    ['series', 'Modality=CT', ['1.1']],
    ['series', String.raw`Modality=CT\SR`, ['1.1', '1.2']],
    ['series', 'SeriesNumber=2', ['1.2']],
    ['series', 'SeriesInstanceUID=2.25.5.2.1', ['2.1']],
    ['series', 'SeriesDescription=Axial*', ['1.1']],
    ['series', 'BodyPartExamined=CHEST', ['1.1']],
    ['series', 'StationName=CT-ROOM-1', ['1.1']],
    ['series', 'ManufacturerModelName=Scanner One', ['1.1']],
    ['series', 'DeviceSerialNumber=SN-1', ['1.1']],
    ['series', 'SeriesDate=20240115&SeriesTime=0816', ['1.1']],
    ['series', 'PerformedProcedureStepStartDate=20240101-20240131', ['1.1']],
    ['series', 'PerformedProcedureStepStartDate=20240116-', []],
    // attributes of the study, in a search for series
    ['series', 'PatientID=P1', ['1.1', '1.2']],
    ['series', 'PatientName=Smythe*', ['2.1']],
    ['series', 'StudyDate=20240220-', ['3.1', '2.1']],
    // sequence keys: any item may match
    ['series', 'RequestAttributesSequence.RequestedProcedureID=RP-2', ['1.1']],
    ['series', '00400275.00401001=RP-1', ['1.1']],
    ['series', '00400275.00400009=SPS-2', ['1.1']],
    ['series', 'RequestAttributesSequence.ScheduledProcedureStepID=SPS-3', []],
    // scoped
    ['studies/2.25.5.1/series', '', ['1.1', '1.2']],
    ['studies/2.25.5.1/series', 'Modality=SR', ['1.2']],
    ['studies/2.25.5.2/series', 'Modality=SR', []],
    ['studies/2.25.5.99/series', '', []],
  ])('%s?%s', async (resource, query, expected) => {
    expect(await archive.found(resource, query)).toEqual(expected);
  });
});

describe('matching of instances, by series and instance number', () => {
  it.each([
    ['instances', 'PatientID=P1', ['1.1.1', '1.1.2', '1.1.3', '1.2.1']],
    ['instances', 'SOPInstanceUID=2.25.5.1.1.3,2.25.5.2.1.1', ['2.1.1', '1.1.3']],
    ['instances', 'SOPClassUID=1.2.840.10008.5.1.4.1.1.88.11', ['1.2.1']],
    ['instances', 'InstanceNumber=2', ['2.1.2', '1.1.2']],
    ['instances', 'NumberOfFrames=10', ['2.1.1', '2.1.2']],
    ['instances', 'Rows=16&Columns=32&InstanceNumber=3', ['1.1.3']],
    ['instances', 'ContentDate=20240116&ContentTime=1015', ['1.2.1']],
    ['instances', 'Modality=CT&InstanceNumber=1', ['1.1.1']],
    ['studies/2.25.5.1/instances', '', ['1.1.1', '1.1.2', '1.1.3', '1.2.1']],
    ['studies/2.25.5.1/instances', 'Modality=CT', ['1.1.1', '1.1.2', '1.1.3']],
    ['studies/2.25.5.1/series/2.25.5.1.2/instances', '', ['1.2.1']],
    ['studies/2.25.5.1/series/2.25.5.1.1/instances', 'InstanceNumber=2', ['1.1.2']],
    ['studies/2.25.5.2/series/2.25.5.1.1/instances', '', []],
  ])('%s?%s', async (resource, query, expected) => {
    expect(await archive.found(resource, query)).toEqual(expected);
  });
});
