/** sharp, loaded with the first picture: a process that makes none does without its 25 MB, and starts sooner. */
import type Sharp from 'sharp';

let loading: Promise<typeof Sharp> | undefined;

/** As it is set for all pictures of this process. */
export function loadSharp(): Promise<typeof Sharp> {
  loading ??= load();
  return loading;
}

async function load(): Promise<typeof Sharp> {
  const { default: sharp } = await import('sharp');
  // Requests are what runs in parallel; nothing is opened twice.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}
