/** One study as a row of the table. Every value goes into the page as text. */

/** @param {URL} root the archive's address */
export function studyRow(study, root) {
  const uid = first(study, '0020000D');
  const row = document.createElement('tr');
  row.append(
    cell('picture', thumbnail(uid, root)),
    cell('', nameOf(study, uid, root), more(personLine(study))),
    cell('', first(study, '00100020') ?? ''),
    cell('date', date(first(study, '00080020')), more(time(first(study, '00080030')))),
    cell('', (study['00080061']?.Value ?? []).join(', ')),
    cell('', first(study, '00081030') ?? ''),
    cell('wide', first(study, '00080050') ?? ''),
    cell('number', String(first(study, '00201206') ?? ''), more(`${first(study, '00201208') ?? 0} inst.`)),
  );
  return row;
}

function first(dataSet, tag) {
  return dataSet[tag]?.Value?.[0];
}

function cell(className, ...content) {
  const made = document.createElement('td');
  made.className = className;
  made.append(...content);
  return made;
}

function more(text) {
  const made = document.createElement('span');
  made.className = 'more';
  made.textContent = text;
  return made;
}

/** The name opens the viewer. Names of any script are shown as they are, each component group once. */
function nameOf(study, uid, root) {
  const link = document.createElement('a');
  const target = new URL('viewer/viewer', root);
  target.searchParams.set('StudyInstanceUIDs', uid);
  link.href = target.href;
  link.className = 'name';
  link.textContent = personName(first(study, '00100010')) || '(no name)';
  link.title = 'Open in the viewer';
  return link;
}

/** PS3.5 §6.2.1.1: family, given, middle, prefix, suffix; component groups alphabetic, ideographic, phonetic. */
function personName(name) {
  const groups = [name?.Alphabetic, name?.Ideographic, name?.Phonetic]
    .map(readable)
    .filter((text) => text !== '');
  return [...new Set(groups)].join(' · ');
}

function readable(group) {
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = (group ?? '').split('^');
  return [prefix, family, given, middle, suffix]
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(' ');
}

function personLine(study) {
  const sex = { F: 'female', M: 'male', O: 'other' }[first(study, '00100040')];
  const born = first(study, '00100030');
  return [born === undefined ? '' : `born ${date(born)}`, sex ?? ''].filter((text) => text !== '').join(', ');
}

function date(text) {
  return (text ?? '').replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
}

function time(text) {
  return (text ?? '').replace(/^(\d{2})(\d{2}).*$/, '$1:$2');
}

/** Loaded when it comes into view. Where there is none (a report, a damaged picture) the place says so. */
function thumbnail(uid, root) {
  const place = document.createElement('span');
  place.className = 'thumbnail';
  const image = document.createElement('img');
  image.alt = '';
  image.loading = 'lazy';
  image.decoding = 'async';
  image.addEventListener('error', () => {
    place.textContent = 'no picture';
  });
  image.src = new URL(`dicom-web/studies/${encodeURIComponent(uid)}/thumbnail?viewport=136,136`, root).href;
  place.append(image);
  return place;
}
