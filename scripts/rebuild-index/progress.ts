/** Progress of a rebuild: a bar on a terminal, else a line now and then. Goes to standard error. */
import type { RebuildReport } from '@sandyq/indexing';
import { SingleBar } from 'cli-progress';
import { formatCount, formatSeconds } from '../terminal/format.ts';

/** How a rebuild shows that it goes on. */
export interface Progress {
  /** `share`: how much of the store is done, from 0 to 1. */
  readonly update: (share: number, report: RebuildReport) => void;
  readonly stop: () => void;
}

const LINE_EVERY_MS = 10_000;
const STEPS = 10_000;

export function createProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  return stream.isTTY ? barProgress(stream, now) : lineProgress(stream, now);
}

function barProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  const startedAt = now();
  let first: { readonly share: number; readonly instances: number } | undefined;
  const bar = new SingleBar({
    stream,
    format: '{bar} {percentage}%  {segments} segments  {instances} instances  {rate}/s  {left}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(STEPS, 0, { segments: '0', instances: '0', rate: '0', left: '' });
  return {
    update: (share, { segments, instances }) => {
      first ??= { share, instances };
      const seconds = (now() - startedAt) / 1_000;
      const done = share - first.share;
      bar.update(Math.round(share * STEPS), {
        segments: formatCount(segments),
        instances: formatCount(instances),
        rate: formatCount(Math.round((instances - first.instances) / Math.max(seconds, 0.001))),
        left: done > 0 ? `${formatSeconds((seconds / done) * (1 - share))} left` : '',
      });
    },
    stop: () => bar.stop(),
  };
}

function lineProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  let lastLineAt = now();
  return {
    update: (share, { segments, instances }) => {
      if (now() - lastLineAt < LINE_EVERY_MS) return;
      lastLineAt = now();
      stream.write(
        `${(share * 100).toFixed(1)} %: ${formatCount(segments)} segments, ${formatCount(instances)} instances\n`,
      );
    },
    stop: () => undefined,
  };
}
