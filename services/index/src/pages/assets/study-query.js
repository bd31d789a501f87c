/** From the fields of the form to a search for studies (PS3.18 §10.6). */

/** What a row shows beyond what every answer has. */
const INCLUDED = ['StudyDescription'];

/**
 * A part of a name is enough, unless the person wrote wildcards; identifiers match from their beginning.
 *
 * @param {Record<string, string>} fields
 * @param {{ limit: number, offset: number }} page
 */
export function queryOf(fields, { limit, offset }) {
  const query = new URLSearchParams({ limit, offset, includefield: INCLUDED.join(',') });
  const given = (name) => (fields[name] ?? '').trim();
  if (given('name') !== '') query.set('PatientName', widened(given('name').replaceAll(/\s+/g, '*'), '*'));
  if (given('id') !== '') query.set('PatientID', widened(given('id'), ''));
  if (given('accession') !== '') query.set('AccessionNumber', widened(given('accession'), ''));
  if (given('modality') !== '') query.set('ModalitiesInStudy', given('modality').toUpperCase());
  const [from, to] = [given('from'), given('to')].map((date) => date.replaceAll('-', ''));
  if (from !== '' || to !== '') query.set('StudyDate', from === to ? from : `${from}-${to}`);
  return query;
}

function widened(text, before) {
  return /[*?]/.test(text) ? text : `${before}${text}*`;
}
