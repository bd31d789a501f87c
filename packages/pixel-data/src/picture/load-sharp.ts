/** sharp, loaded with the first picture: a process that makes none starts sooner, and an archive begins with 8 MB less. */
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
