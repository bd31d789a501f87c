/** A number that changes thousands of times a second, told ten times a second at most. */

const PAUSE_MS = 100;

/** Tells the latest value, at once or when the pause since the last telling is over. */
export function tellRarely(tell: (value: number) => void): (value: number) => void {
  let latest = 0;
  let told = 0;
  let timer: NodeJS.Timeout | undefined;
  const pass = (): void => {
    timer = undefined;
    if (latest === told) return;
    told = latest;
    tell(latest);
    timer = setTimeout(pass, PAUSE_MS).unref();
  };
  return (value) => {
    latest = value;
    if (timer === undefined) pass();
  };
}
