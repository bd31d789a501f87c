/** Names of people as a national archive has them: Kazakh, Russian and Korean, in Latin, Cyrillic and Hangul; the frequent are frequent. */
import { nameReadings, nameSounds, personNameKey } from '@sandyq/dicom';
import type { SeededRandom } from '../../support/seeded-random.ts';

/** A person as rows of the index hold them. */
export interface Person {
  /** Value of VR PN. */
  readonly name: string;
  readonly alphabetic: string;
  readonly ideographic: string;
  readonly key: string;
  readonly ideographicKey: string | null;
  readonly readings: string | null;
  readonly sounds: readonly string[];
}

const KOREAN_SURNAMES =
  'Kim=김 Lee=이 Park=박 Choi=최 Jung=정 Kang=강 Cho=조 Yoon=윤 Jang=장 Lim=임 Han=한 Oh=오 Seo=서 Shin=신 Kwon=권 Hwang=황 Ahn=안 Song=송 Ryu=류 Hong=홍 Jeon=전 Ko=고 Moon=문 Son=손 Yang=양 Bae=배 Baek=백 Heo=허 Nam=남 Sim=심';
const KOREAN_SYLLABLES =
  'Min=민 Seo=서 Ji=지 Soo=수 Hyun=현 Young=영 Jae=재 Joon=준 Eun=은 Hye=혜 Jin=진 Woo=우 Sung=성 Kyung=경 Mi=미 Dong=동 Hee=희 Sang=상 Yeon=연 Na=나 Ha=하 Tae=태 Ho=호 Su=수 Yu=유 Chan=찬 Bin=빈 Ah=아';
const KAZAKH_SURNAMES =
  'Нұрғалиев=Nurgaliyev Ахметов=Akhmetov Омаров=Omarov Қасымов=Kassymov Оспанов=Ospanov Сәрсенов=Sarsenov Жұмабаев=Zhumabayev Ибраев=Ibrayev Искаков=Iskakov Сұлтанов=Sultanov Абдрахманов=Abdrakhmanov Байжанов=Baizhanov Тілеуов=Tileuov Кенжебеков=Kenzhebekov Мұқанов=Mukanov Қалиев=Kaliyev Есенов=Yessenov Әбенов=Abenov Бекмұратов=Bekmuratov Дүйсенов=Duissenov';
const RUSSIAN_SURNAMES =
  'Иванов=Ivanov Ким=Kim Петров=Petrov Смирнов=Smirnov Попов=Popov Кузнецов=Kuznetsov Волков=Volkov Соколов=Sokolov Морозов=Morozov Новиков=Novikov Козлов=Kozlov Лебедев=Lebedev Цой=Tsoy Пак=Pak Ли=Li Щербаков=Shcherbakov Жуков=Zhukov Фёдоров=Fyodorov Захаров=Zakharov Ефимов=Yefimov';
const GIVEN_NAMES =
  'Қайрат=Kairat Асель=Assel Нұрлан=Nurlan Айгүл=Aigul Ерлан=Yerlan Динара=Dinara Бақыт=Bakyt Гүлнар=Gulnar Данияр=Daniyar Мадина=Madina Серік=Serik Жанар=Zhanar Анна=Anna Сергей=Sergey Елена=Yelena Дмитрий=Dmitriy Ольга=Olga Александр=Alexandr Наталья=Natalya Ирина=Irina Виктор=Viktor Татьяна=Tatyana Арман=Arman Сәуле=Saule Тимур=Timur';
const STEMS = 'Аман Бек Дос Ерк Жан Кен Мар Нур Ора Рах Сая Тур Уал Шак Шын Ыск Қуан Қос Бай Той'.split(' ');
const MIDDLES = 'ал ба ги да ел жа ка ле ма на ол па ра са та ум ха ша'.split(' ');
const ENDS = ['ов', 'ев', 'бек', 'баев', 'ин', 'ханов'];

const pairs = (text: string) => text.split(' ').map((pair) => pair.split('=') as [string, string]);
const [koreans, syllables, kazakhs, russians, givens] = [
  pairs(KOREAN_SURNAMES),
  pairs(KOREAN_SYLLABLES),
  pairs(KAZAKH_SURNAMES),
  pairs(RUSSIAN_SURNAMES),
  pairs(GIVEN_NAMES),
];
const TO_LATIN = new Map(
  Object.entries({
    а: 'a',
    б: 'b',
    в: 'v',
    г: 'g',
    д: 'd',
    е: 'e',
    ж: 'zh',
    и: 'i',
    й: 'i',
    к: 'k',
    л: 'l',
    м: 'm',
    н: 'n',
    о: 'o',
    п: 'p',
    р: 'r',
    с: 's',
    т: 't',
    у: 'u',
    ф: 'f',
    х: 'kh',
    ш: 'sh',
    ы: 'y',
    қ: 'k',
  }),
);

/** One person, drawn. */
export function drawPerson(random: SeededRandom): Person {
  const kind = random.next();
  if (kind < 0.4) return korean(random);
  const [cyrillic, latin] =
    kind < 0.6 ? rareSurname(random) : frequent(random, kind < 0.85 ? kazakhs : russians);
  const [givenCyrillic, givenLatin] = frequent(random, givens);
  const [father] = frequent(random, givens);
  return random.next() < 0.45
    ? personOf(`${latin}^${givenLatin}`, '')
    : personOf(`${cyrillic}^${givenCyrillic}^${father}ұлы`, '');
}

function korean(random: SeededRandom): Person {
  const [surname, surnameHangul] = frequent(random, koreans);
  const [one, oneHangul] = pick(random, syllables);
  const [two, twoHangul] = pick(random, syllables);
  const latin = `${surname}^${one}${random.next() < 0.5 ? ' ' : ''}${two.toLowerCase()}`;
  return personOf(latin, random.next() < 0.7 ? `${surnameHangul}^${oneHangul}${twoHangul}` : '');
}

/** Of thousands that are. */
function rareSurname(random: SeededRandom): [string, string] {
  const cyrillic = pick(random, STEMS) + pick(random, MIDDLES) + pick(random, MIDDLES) + pick(random, ENDS);
  const latin = [...cyrillic.toLowerCase()].map((letter) => TO_LATIN.get(letter) ?? letter).join('');
  return [cyrillic, latin.charAt(0).toUpperCase() + latin.slice(1)];
}

function personOf(alphabetic: string, ideographic: string): Person {
  const name = ideographic === '' ? alphabetic : `${alphabetic}=${ideographic}`;
  return {
    name,
    alphabetic,
    ideographic,
    key: personNameKey(alphabetic),
    ideographicKey: ideographic === '' ? null : personNameKey(ideographic),
    readings: nameReadings(name) ?? null,
    sounds: nameSounds(name),
  };
}

/** The first of a list are the frequent ones. */
function frequent(random: SeededRandom, list: readonly [string, string][]): [string, string] {
  return list[Math.floor(list.length * random.next() ** 2)] ?? ['', ''];
}

function pick<T>(random: SeededRandom, list: readonly T[]): T {
  const item = list[Math.floor(list.length * random.next())];
  if (item === undefined) throw new TypeError('an empty list');
  return item;
}
