/** The body of an answer with the metadata of whole series, joined from what is kept for each of them. */
import type { DeflatedText } from '@sandyq/database';
import type { Answer } from '@sandyq/http';
import { answerBody } from '../begun-source.ts';
import type { RetrievalDependencies } from '../dependencies.ts';
import { takenOut } from '../find-instances.ts';
import type { Reader } from '../read-entry.ts';
import { inflatedText } from './deflate-text.ts';
import { GzipMember } from './gzip-member.ts';
import type { SeriesState } from './metadata-state.ts';
import { deflatedSeries, seriesText } from './series-metadata.ts';

/** One JSON array (PS3.18 §F.2.1), as one gzip member or as it is; never more than one series of it in memory. */
export async function metadataBody(
  dependencies: RetrievalDependencies,
  series: readonly SeriesState[],
  isGzip: boolean,
  reader: Reader,
): Promise<NonNullable<Answer['body']>> {
  if (isGzip) return answerBody(compressed(dependencies, series, reader));
  const [only, ...others] = series;
  const text =
    only !== undefined && others.length === 0 ? await seriesText(dependencies, only, reader) : undefined;
  return text === undefined ? answerBody(plain(dependencies, series, reader)) : [BEGIN, ...text, END];
}

const BEGIN = Buffer.from('[');
const COMMA = Buffer.from(',');
const END = Buffer.from(']');

async function* compressed(
  dependencies: RetrievalDependencies,
  series: readonly SeriesState[],
  reader: Reader,
): AsyncGenerator<Buffer> {
  const member = new GzipMember();
  yield member.begin();
  for (const [index, one] of series.entries()) {
    yield member.literal(index === 0 ? '[' : ',');
    yield member.piece(await deflatedOf(dependencies, one, reader));
  }
  yield member.end(']');
}

async function* plain(
  dependencies: RetrievalDependencies,
  series: readonly SeriesState[],
  reader: Reader,
): AsyncGenerator<Uint8Array> {
  for (const [index, one] of series.entries()) {
    yield index === 0 ? BEGIN : COMMA;
    const text = await seriesText(dependencies, one, reader);
    if (text === undefined) yield* inflatedText(await deflatedOf(dependencies, one, reader));
    else yield* text;
  }
  yield END;
}

/** The series has changed since its state was read, and nothing is kept of what it was: the client asks again. */
async function deflatedOf(
  dependencies: RetrievalDependencies,
  series: SeriesState,
  reader: Reader,
): Promise<DeflatedText> {
  const text = await deflatedSeries(dependencies, series, reader);
  if (text === undefined) throw takenOut();
  return text;
}
