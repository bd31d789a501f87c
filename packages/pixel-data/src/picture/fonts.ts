/**
 * Fonts for text on pictures. Servers and containers often have none, and then text would silently be left out: two
 * free fonts come with the package (DejaVu Sans: Latin, Cyrillic with all Kazakh letters, Greek, …; Nanum Gothic: Hangul).
 * Registered once a process, for everything that draws text with sharp. Ideographs are in neither.
 */
import { createRequire } from 'node:module';
import { loadSharp } from './load-sharp.ts';

/** Font families of text on pictures, for SVG. */
export const textFontFamily = "'DejaVu Sans', 'Nanum Gothic'";

const resolve = createRequire(import.meta.url).resolve;
let registered: Promise<void> | undefined;

/** Makes the fonts known to the text renderer; to be awaited before text is drawn. */
export function registerFonts(): Promise<void> {
  registered ??= register();
  return registered;
}

async function register(): Promise<void> {
  const fonts = [
    { font: 'DejaVu Sans', fontfile: resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf') },
    {
      font: 'Nanum Gothic',
      fontfile: resolve('@expo-google-fonts/nanum-gothic/400Regular/NanumGothic_400Regular.ttf'),
    },
  ];
  const sharp = await loadSharp();
  // A font file is taken in with the first text that names it.
  for (const { font, fontfile } of fonts) {
    await sharp({ text: { text: '0', font: `${font} 8`, fontfile } })
      .raw()
      .toBuffer();
  }
}
