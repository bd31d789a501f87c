/**
 * Korean surnames that are written in ways no rule derives: Lee, Yi and Rhee are 이, Цой and Choi are 최. One line a surname:
 * its class, the Hangul, the Latin spellings of passports and textbooks, the Cyrillic ones (Kontsevich's and those of the
 * Koreans of Kazakhstan and Russia). A spelling may stand in several lines: Чон is 정 or 전.
 */
const table = `
kim 김 kim gim ким
i 이 리 lee yi rhee ree ri li i ли и лигай
pak 박 park pak bak bahk pahk пак
choe 최 choi choe choy chwe tsoi tsoy цой чхве чой
jeong 정 jung jeong chung chong joung чон тен тён чен
kang 강 kang gang кан
jo 조 cho jo joh чо тё
yun 윤 yoon yun youn юн
jang 장 jang chang чан тян
im 임 림 lim im rim yim им лим
han 한 han хан
o 오 oh o о огай
seo 서 seo suh so со шегай
sin 신 shin sin син шин
gwon 권 kwon gwon kweon квон
hwang 황 hwang whang хван
an 안 ahn an ан
song 송 song сон
yu 유 류 yoo yu you ryu ryoo lyu ю лю рю югай
hong 홍 hong хон
jeon 전 jeon jun chun chon jon чон тен тён
go 고 ko go koh goh ко когай
mun 문 moon mun мун
yang 양 량 yang ryang ян
son 손 son sohn сон
bae 배 bae pae пэ пягай
baek 백 baek paik baik back paek пэк пяк пек
heo 허 heo hur huh her хо хе хегай
nam 남 nam нам
sim 심 shim sim сим шим
no 노 로 noh no roh rho ro но ро ногай
ha 하 ha hah ха
gwak 곽 kwak gwak квак
seong 성 sung seong сон сен
cha 차 cha ча чагай
ju 주 joo ju chu чу тю
u 우 woo wu u у угай
gu 구 koo gu ku goo ку кугай
min 민 min мин
na 나 라 na nah ra rah на ра
jin 진 jin chin чин
ji 지 ji jee chi чи дигай
eom 엄 eom um uhm ом эм
chae 채 chae chai tsay tsai чхэ цай
won 원 won weon вон
cheon 천 cheon chun чхон
bang 방 bang pang пан
gong 공 kong gong кон
hyeon 현 hyun hyeon хён хен
ham 함 ham хам
byeon 변 byun byeon pyon пён пен
yeom 염 렴 yeom yum youm ём ем
yeo 여 려 yeo yuh yo ryeo ё
chu 추 choo chu чху
do 도 do doh to то
seok 석 seok suk sok сок
seon 선 sun seon сон
seol 설 seol sul соль
ma 마 ma mah ма магай
gil 길 gil kil киль
yeon 연 yeon youn ён ен
myeong 명 myung myeong мён мен
pyo 표 pyo пхё
namgung 남궁 namgoong namgung namkung намгун
hwangbo 황보 hwangbo whangbo хванбо
jegal 제갈 jegal chegal чегаль
sagong 사공 sagong сагон
seonu 선우 sunwoo seonwoo сону
dokgo 독고 dokgo dokko токко
`;

let classes: ReadonlyMap<string, readonly string[]> | undefined;

/** The surnames that a word in small letters may be; none if it is none of the table. */
export function koreanSurnames(word: string): readonly string[] {
  classes ??= readTable();
  return classes.get(word) ?? [];
}

/** How many syllables of a Hangul name without delimiter are its surname: 남궁민수 is 남궁 민수. */
export function surnameLength(syllables: string): number {
  return syllables.length > 2 && koreanSurnames(syllables.slice(0, 2)).length > 0 ? 2 : 1;
}

function readTable(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of table.trim().split('\n')) {
    const [surname = '', ...spellings] = line.split(' ');
    for (const spelling of spellings) found.set(spelling, [...(found.get(spelling) ?? []), surname]);
  }
  return found;
}
