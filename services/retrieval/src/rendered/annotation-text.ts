/** What `annotation=patient,technique` writes on pictures (PS3.18 §8.3.5.1.1), from the DICOM JSON of the instance. */
import type { DicomJson, DicomJsonAttribute } from '@sandyq/dicom';
import { Tags, tagToHex } from '@sandyq/dicom';
import type { AnnotationKeyword } from '@sandyq/dicomweb';
import { type CornerText, cornerTextElements, type Shading } from '@sandyq/pixel-data';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { Reader } from '../read-entry.ts';
import type { DrawAnnotations } from './frame-plan.ts';
import { metadataOf } from './instance-metadata.ts';
import type { RenderSource } from './render-source.ts';
import { date, joined, time } from './shown-values.ts';

/** How annotations are drawn; undefined where none that has text was asked for. */
export async function annotationsOf(
  dependencies: RetrievalDependencies,
  { location, layout }: Pick<RenderSource, 'location' | 'layout'>,
  keywords: readonly AnnotationKeyword[],
  reader: Reader,
): Promise<DrawAnnotations | undefined> {
  const [patient, technique] = [keywords.includes('patient'), keywords.includes('technique')];
  if (!patient && !technique) return undefined;
  const json = await metadataOf(dependencies, location, reader);
  return (frameIndex, shading) => {
    const text: CornerText = {
      topLeft: patient ? patientLines(json) : [],
      bottomLeft: technique ? [...techniqueLines(json), pictureLine(frameIndex, layout.frames, shading)] : [],
    };
    return (size) => cornerTextElements(text, size);
  };
}

function patientLines(json: DicomJson): string[] {
  const birth = date(text(json, Tags.PatientBirthDate));
  return [
    personName(json[tagToHex(Tags.PatientName)]),
    joined('  ', text(json, Tags.PatientID), text(json, Tags.PatientSex)),
    birth,
  ].filter((line) => line !== '');
}

function techniqueLines(json: DicomJson): string[] {
  const moment = joined(
    ' ',
    date(text(json, Tags.AcquisitionDate) || text(json, Tags.StudyDate)),
    time(text(json, Tags.AcquisitionTime) || text(json, Tags.StudyTime)),
  );
  return [
    joined('  ', text(json, Tags.Modality), text(json, Tags.ManufacturerModelName)),
    joined('  ', text(json, Tags.StudyDescription), text(json, Tags.SeriesDescription)),
    joined(
      '  ',
      labelled('S', text(json, Tags.SeriesNumber)),
      labelled('I', text(json, Tags.InstanceNumber)),
      labelled('', text(json, Tags.KVP), ' kV'),
      labelled('', text(json, Tags.SliceThickness), ' mm'),
    ),
    moment,
  ].filter((line) => line !== '');
}

/** Which frame it is, and which window it is seen through. */
function pictureLine(frameIndex: number, frames: number, shading: Shading): string {
  const frame = frames > 1 ? `${frameIndex + 1}/${frames}` : '';
  const voi = shading.kind === 'grey' ? shading.voi : undefined;
  const window = voi?.kind === 'window' ? `C ${rounded(voi.center)}  W ${rounded(voi.width)}` : '';
  return joined('  ', frame, window);
}

/** Component groups that the fonts can write: alphabetic and phonetic; ideographs only where there is nothing else. */
function personName(attribute: DicomJsonAttribute | undefined): string {
  const value: unknown = attribute?.Value?.[0];
  if (typeof value !== 'object' || value === null) return '';
  const group = (name: string): string => {
    const components: unknown = Reflect.get(value, name);
    return typeof components === 'string' ? components.split('^').filter(Boolean).join(' ') : '';
  };
  return joined('  ', group('Alphabetic'), group('Phonetic')) || group('Ideographic');
}

function text(json: DicomJson, tag: number): string {
  const value: unknown = json[tagToHex(tag)]?.Value?.[0];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function labelled(label: string, value: string, unit = ''): string {
  return value === '' ? '' : `${label}${label === '' ? '' : ' '}${value}${unit}`;
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}
