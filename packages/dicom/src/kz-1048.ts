/**
 * KZ-1048 (STRK1048-2002, RK1048), the Kazakh code page of the Republic of Kazakhstan: the upper half only.
 * Mapping: IANA "KZ-1048", Unicode's KZ1048.TXT. It is windows-1251 with 16 letters exchanged; written out whole
 * because the platform has no decoder for it. U+FFFD = undefined (0x98).
 */

/** Characters of the bytes 0x80–0xFF, in order. */
export const kz1048UpperHalf =
  'ЂЃ‚ѓ„…†‡€‰Љ‹ЊҚҺЏ' +
  'ђ‘’“”•–—\uFFFD™љ›њқһџ' +
  '\u00A0ҰұӘ¤Ө¦§Ё©Ғ«¬\u00AD®Ү' +
  '°±Ііөµ¶·ё№ғ»әҢңү' +
  'АБВГДЕЖЗИЙКЛМНОП' +
  'РСТУФХЦЧШЩЪЫЬЭЮЯ' +
  'абвгдежзийклмноп' +
  'рстуфхцчшщъыьэюя';
