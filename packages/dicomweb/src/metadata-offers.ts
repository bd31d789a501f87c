/** What data sets without pixel data can be answered with: metadata, search results, store responses (PS3.18 §8.7.3.2). */
import type { Representation } from './negotiate.ts';

/** Media type of the DICOM JSON model (PS3.18 Annex F). */
export const dicomJsonType = 'application/dicom+json';
/** Media type of the Native DICOM model (PS3.19 A.1). */
export const dicomXmlType = 'application/dicom+xml';

/** A representation of data sets and the model it is written in. */
export interface ModelOffer extends Representation {
  readonly model: 'json' | 'xml';
}

const json: ModelOffer = { mediaType: dicomJsonType, multipart: false, model: 'json', isDefaultType: true };
/** Not in PS3.18, but what generic HTTP clients ask for. */
const plainJson: ModelOffer = { mediaType: 'application/json', multipart: false, model: 'json' };
const xmlParts: ModelOffer = { mediaType: dicomXmlType, multipart: true, model: 'xml', isDefaultType: true };
const xml: ModelOffer = { mediaType: dicomXmlType, multipart: false, model: 'xml' };

/** Offers for several data sets: JSON array, or one XML document a part (PS3.18 Tables 10.4.4-1, 10.6.4-1). */
export const dataSetsOffers: readonly ModelOffer[] = [json, plainJson, xmlParts];

/** Offers for one data set: the store response (PS3.18 Table 10.5.4-1). */
export const dataSetOffers: readonly ModelOffer[] = [json, plainJson, xml];
