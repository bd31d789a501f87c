/**
 * The list of studies on `/`: asks the archive's own DICOMweb with the credential that the browser holds, and shows the answer. What was
 * searched for is kept in the history of this tab only, never in an address.
 */
import { queryOf } from './study-query.js';
import { studyRow } from './study-row.js';

const PAGE_SIZE = 25;
const root = new URL('..', import.meta.url);
const form = document.querySelector('form');
const table = document.querySelector('table');
const rows = document.querySelector('tbody');
const says = document.querySelector('#says');
const previous = document.querySelector('#previous');
const next = document.querySelector('#next');
const signIn = document.querySelector('#sign-in');
let running = new AbortController();
let shown = { fields: {}, offset: 0 };

form.addEventListener('submit', (event) => {
  event.preventDefault();
  visit({ fields: Object.fromEntries(new FormData(form)), offset: 0 });
});
form.addEventListener('reset', () => visit({ fields: {}, offset: 0 }));
previous.addEventListener('click', () => turn(-PAGE_SIZE));
next.addEventListener('click', () => turn(PAGE_SIZE));
signIn.addEventListener('click', () => show(shown));
window.addEventListener('popstate', ({ state }) => show(state ?? { fields: {}, offset: 0 }));
document.addEventListener('keydown', onKey);

const before = window.history.state;
if (before?.fields !== undefined) fill(before.fields);
show(before ?? shown);

function visit(place) {
  window.history.pushState(place, '');
  show(place);
}

function turn(by) {
  visit({ fields: shown.fields, offset: Math.max(0, shown.offset + by) });
}

function fill(fields) {
  for (const input of form.elements) if (input.name) input.value = fields[input.name] ?? '';
}

/** What is asked for later wins. */
function show(place) {
  running.abort();
  running = new AbortController();
  shown = place;
  fill(place.fields);
  void load(place, running.signal);
}

/** Never rejects. */
async function load(place, signal) {
  table.setAttribute('aria-busy', 'true');
  say('Searching…');
  try {
    const answer = await search(place, signal);
    if (signal.aborted) return;
    if (answer.studies === undefined) fail(answer);
    else fillTable(answer.studies, place.offset);
    await showTotals(answer.studies !== undefined, signal);
  } catch (error) {
    if (error.name === 'AbortError') return;
    fail({ status: 0, message: 'The archive does not answer. Is it running?' });
  } finally {
    if (!signal.aborted) table.setAttribute('aria-busy', 'false');
  }
}

/** Asks for one study more than a page holds: then there is a next page. */
async function search({ fields, offset }, signal) {
  const query = queryOf(fields, { limit: PAGE_SIZE + 1, offset });
  const response = await fetch(new URL(`dicom-web/studies?${query}`, root), {
    headers: { Accept: 'application/dicom+json' },
    signal,
  });
  if (response.status === 204) return { status: 204, studies: [] };
  const body = await response.json();
  return response.ok
    ? { status: response.status, studies: body }
    : { status: response.status, message: body.message ?? body.title };
}

function fillTable(studies, offset) {
  const page = studies.slice(0, PAGE_SIZE);
  rows.replaceChildren(...page.map((study) => studyRow(study, root)));
  previous.disabled = offset === 0;
  next.disabled = studies.length <= PAGE_SIZE;
  signIn.hidden = true;
  if (page.length === 0) say(offset === 0 ? 'No study matches.' : 'No more studies.');
  else say(`Studies ${offset + 1} to ${offset + page.length}, newest first.`);
}

function fail({ status, message }) {
  rows.replaceChildren();
  previous.disabled = true;
  next.disabled = true;
  signIn.hidden = status !== 401;
  const reason =
    status === 401
      ? 'A key is needed to see studies: give it as the password when the browser asks, with any user name.'
      : status === 403
        ? 'This key may not search: the roles radiologist and administrator may.'
        : message;
  say(reason ?? `The archive answered ${status}.`, true);
}

function say(text, isProblem = false) {
  says.textContent = text;
  says.classList.toggle('problem', isProblem);
}

/** The page came without numbers: they are for those who may search. */
async function showTotals(maySearch, signal) {
  const state = document.querySelector('#state');
  const word = document.querySelector('#state strong');
  const ready = await fetch(new URL('readyz', root), { signal });
  const { checks } = await ready.json();
  const failing = Object.keys(checks ?? {}).filter((name) => checks[name] !== 'ok');
  word.textContent = ready.ok ? 'Ready' : `Not ready: ${failing.join(', ')}`;
  word.classList.toggle('bad', !ready.ok);
  if (!maySearch) return;
  const response = await fetch(new URL('pages/size', root), { signal });
  if (!response.ok) return;
  const { studies, instances, precision } = await response.json();
  const number = new Intl.NumberFormat('en');
  const about = { exact: '', estimate: 'about ', 'at-least': 'more than ' }[precision];
  state.lastElementChild.textContent = `${about}${number.format(studies)} studies, ${about}${number.format(instances)} instances`;
}

/** `/` goes to the search; arrows go through the studies. */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key === '/' && !isTyping) {
    event.preventDefault();
    form.elements[0].focus();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || isTyping) return;
  const links = [...rows.querySelectorAll('a')];
  const goal = links[links.indexOf(document.activeElement) + step];
  if (goal === undefined) return;
  event.preventDefault();
  goal.focus();
}
