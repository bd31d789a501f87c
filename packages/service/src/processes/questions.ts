/** Questions to another process, each with a number that its answer carries. */

/** Longest that another process may take: one that is busy for longer is left out. */
const ANSWER_MS = 2_000;

/** Questions that wait for their answers. */
export class Questions<Answer> {
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  #last = 0;

  /** Sends the question with its number; undefined if there is no answer in time. */
  async ask(send: (question: number) => void): Promise<Answer | undefined> {
    const question = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const timer = setTimeout(() => resolve(undefined), ANSWER_MS);
    this.#waiting.set(question, resolve);
    try {
      send(question);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(question);
    }
  }

  /** The answer has come; one that nobody waits for any more is forgotten. */
  answer(question: number, answer: Answer): void {
    this.#waiting.get(question)?.(answer);
  }
}
