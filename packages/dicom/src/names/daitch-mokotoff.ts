/**
 * Daitch-Mokotoff Soundex (1985): the published phonetic code for names of Central and Eastern Europe, in whatever Latin
 * spelling. A word has one code of six digits, or several where a spelling is read in several ways.
 */

/** Spelling: codes at the start of a word, before a vowel, elsewhere; alternatives by '/'; '-' is no code. */
const table = `
ai aj ay 0 1 -
au 0 7 -
a 0 - -
b 7 7 7
chs 5 54 54
ch 5/4 5/4 5/4
ck 5/45 5/45 5/45
csz czs cz cs 4 4 4
c 5/4 5/4 5/4
drz drs ds dsh dsz dz dzh dzs 4 4 4
dt d 3 3 3
ei ej ey 0 1 -
eu 1 1 -
e 0 - -
fb f 7 7 7
g 5 5 5
h 5 5 -
ia ie io iu 1 - -
i 0 - -
j 1/4 -/4 -/4
ks 5 54 54
kh k 5 5 5
l 8 8 8
mn nm - 66 66
m n 6 6 6
oi oj oy 0 1 -
o 0 - -
pf ph fb p 7 7 7
q 5 5 5
rz rs 94/4 94/4 94/4
r 9 9 9
schtsch schtsh schtch shtch shch shtsh stch stsch strz strs stsh szcz szcs 2 4 4
sht scht schd st szt shd szd sd zdz zdzh zhdzh 2 43 43
sch sh szc sz 4 4 4
sc 2 4 4
s 4 4 4
tch ttch ttsch trz trs tsch tsh ts tts ttsz tc tz ttz tzs tsz 4 4 4
th t 3 3 3
ui uj uy 0 1 -
ue u 0 - -
v w 7 7 7
x 5 54 54
y 1 - -
zd zhd 2 43 43
zh zs zsch zsh z 4 4 4
`;

const codeLength = 6;
/** Most codes of one word. */
const mostCodes = 16;

type Codes = readonly [atStart: string[], beforeVowel: string[], elsewhere: string[]];

let codesBySpelling: ReadonlyMap<string, Codes> | undefined;
const longestSpelling = 7;

/** The codes of a word in small letters a to z; none for anything else. */
export function daitchMokotoff(word: string): string[] {
  if (!/^[a-z]{1,64}$/.test(word)) return [];
  codesBySpelling ??= readTable();
  let branches: readonly Branch[] = [{ digits: '', last: '' }];
  for (let place = 0; place < word.length; ) {
    const [length, codes] = spellingAt(word, place, codesBySpelling);
    const position = place === 0 ? 0 : 'aeiouy'.includes(word.charAt(place + length) || '.') ? 1 : 2;
    const alternatives = codes[position] ?? [];
    branches = branches
      .flatMap((branch) => alternatives.map((code) => append(branch, code)))
      .slice(0, mostCodes);
    place += length;
  }
  return [...new Set(branches.map(({ digits }) => digits.slice(0, codeLength).padEnd(codeLength, '0')))];
}

interface Branch {
  readonly digits: string;
  /** Code of the spelling before: the same code twice in a row counts once. */
  readonly last: string;
}

function append({ digits, last }: Branch, code: string): Branch {
  if (code === '-') return { digits, last: '' };
  return { digits: code === last ? digits : digits + code, last: code };
}

function spellingAt(word: string, place: number, known: ReadonlyMap<string, Codes>): [number, Codes] {
  for (let length = longestSpelling; length > 0; length -= 1) {
    const codes = known.get(word.slice(place, place + length));
    if (codes !== undefined && place + length <= word.length) return [length, codes];
  }
  return [1, [['-'], ['-'], ['-']]];
}

function readTable(): ReadonlyMap<string, Codes> {
  const found = new Map<string, Codes>();
  for (const line of table.trim().split('\n')) {
    const cells = line.split(' ');
    const [atStart = '', beforeVowel = '', elsewhere = ''] = cells.splice(-3);
    for (const spelling of cells)
      found.set(spelling, [atStart.split('/'), beforeVowel.split('/'), elsewhere.split('/')]);
  }
  return found;
}
