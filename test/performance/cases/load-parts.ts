/** The parts of the load that cases read, by name: stored in every target when they are first needed. */
import type { Scale } from '../bench-case.ts';
import { type CineFrames, cineSeries } from '../load/cines.ts';
import { ctSeries } from '../load/ct-series.ts';
import type { LoadInstance } from '../load/instance.ts';
import type { LoadPart } from '../load/stored-load.ts';
import { type TinyStudy, tinyStudies } from '../load/tiny-studies.ts';

/** Slices of a series whose metadata is asked for have few pixels: they are never read. */
const METADATA_SIZE = 64;

/** A CT study of one series of 300 slices with all their pixels. */
export function ctStudyPart(scale: Scale, name = 'ct-study'): LoadPart<LoadInstance[]> {
  return {
    name,
    make: (random) => ctSeries(random, { slices: scale.of(40, 300) }),
    instancesOf: (instances) => instances,
  };
}

/** A CT series of so many slices whose metadata is read. */
export function metadataSeriesPart(name: string, slices: number): LoadPart<LoadInstance[]> {
  return {
    name,
    make: (random) => ctSeries(random, { slices, size: METADATA_SIZE }),
    instancesOf: (instances) => instances,
  };
}

/** Cines of one study. */
export function cinesPart(scale: Scale, frames: CineFrames): LoadPart<LoadInstance[]> {
  return {
    name: 'cines',
    make: (random) => cineSeries(random, frames, scale.of(2, 8)),
    instancesOf: (instances) => instances,
  };
}

/** The studies that are searched: 20,000. */
export function worklistPart(scale: Scale): LoadPart<TinyStudy[]> {
  return {
    name: 'worklist',
    make: (random) => tinyStudies(random, scale.of(400, 20_000)),
    instancesOf: (studies) => studies.map(({ instance }) => instance),
  };
}
