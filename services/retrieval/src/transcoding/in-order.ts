/** Tasks that run at the same time, their results in the order of what they are about. */

/**
 * The result of `work` for each input, in order; at most `mostAtOnce` are begun and not consumed. An error of a task is
 * thrown at its turn, one of the inputs at once.
 */
export async function* inOrder<Input, Result>(
  inputs: AsyncIterable<Input>,
  work: (input: Input) => Promise<Result>,
  mostAtOnce: number,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  for await (const input of inputs) {
    const task = work(input);
    // Thrown when its turn comes; until then it is nobody's.
    task.catch(ignore);
    begun.push(task);
    const first = begun.length >= mostAtOnce ? begun.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const task of begun) yield await task;
}

/** The error is thrown elsewhere, or nobody is left to be told. */
function ignore(): undefined {
  return undefined;
}
