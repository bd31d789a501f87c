/** How many studies were looked at: a bar on a terminal, else a line now and then. Goes to standard error. */
import { SingleBar } from 'cli-progress';
import { formatCount } from '../terminal/format.ts';

/** Takes what the work tells. */
export interface StudyProgress {
  advanceTo(studies: number): void;
  stop(): void;
}

const LINE_EVERY_MS = 10_000;

/** `total` may be an estimate. */
export function createStudyProgress(
  stream: NodeJS.WriteStream,
  total: number,
  now: () => number,
): StudyProgress {
  if (!stream.isTTY) return lineProgress(stream, now);
  const bar = new SingleBar({
    stream,
    format: '{bar} {percentage}%  {value} studies  {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(Math.max(1, total), 0);
  return {
    advanceTo: (studies) => {
      bar.setTotal(Math.max(bar.getTotal(), studies));
      bar.update(studies);
    },
    stop: () => bar.stop(),
  };
}

function lineProgress(stream: NodeJS.WriteStream, now: () => number): StudyProgress {
  let lastLineAt = now();
  return {
    advanceTo: (studies) => {
      if (now() - lastLineAt < LINE_EVERY_MS) return;
      lastLineAt = now();
      stream.write(`${formatCount(studies)} studies\n`);
    },
    stop: () => undefined,
  };
}
