/** CT slices, one a request, as most scanners send them. */
import { makeNativeImage } from '../support/made-instances.ts';
import { SeededRandom } from '../support/seeded-random.ts';

export interface StoreRate {
  readonly connections: number;
  readonly instances: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const ROWS = 512;
const COLUMNS = 512;

/** Stores instances of one series over so many connections; throws unless every one is a success. */
export async function storeSlices(
  url: string,
  { connections, instances }: { connections: number; instances: number },
): Promise<StoreRate> {
  const random = new SeededRandom(connections);
  const [studyInstanceUid, seriesInstanceUid] = [random.uid(), random.uid()];
  const pixels = random.bytes(ROWS * COLUMNS * 2);
  const slice = (number: number) =>
    makeNativeImage(
      { studyInstanceUid, seriesInstanceUid, sopInstanceUid: `${seriesInstanceUid}.${number}` },
      { rows: ROWS, columns: COLUMNS, pixels },
      { instanceNumber: number },
    ).bytes;
  const latencies: number[] = [];
  let next = 1;
  const sender = async () => {
    while (next <= instances) {
      const body = new Uint8Array(slice(next++));
      const startedAt = performance.now();
      const answer = await fetch(`${url}/dicom-web/studies`, {
        method: 'POST',
        headers: { 'content-type': 'application/dicom' },
        body,
      });
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`a slice was not stored: ${answer.status}`);
      latencies.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, sender));
  const seconds = (performance.now() - startedAt) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
  return { connections, instances, perSecond: instances / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}
