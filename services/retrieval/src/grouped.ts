/**
 * Questions that come at the same time, asked together: a group begins when the one before it is answered, without a
 * timer. An answer is always of a question that began after it was put.
 */

/** How questions are asked. */
export interface GroupedOptions<Question, Answer> {
  /** Most in a group. */
  readonly most: number;
  /** Questions with the same key have the same answer. */
  readonly keyOf: (question: Question) => string;
  /** The answers, in the order of the questions. */
  readonly run: (questions: readonly Question[]) => Promise<readonly Answer[]>;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly answer: Promise<Answer>;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks one group at a time. */
export class Grouped<Question, Answer> {
  readonly #options: GroupedOptions<Question, Answer>;
  readonly #waiting = new Map<string, Waiting<Question, Answer>>();
  #isAsking = false;

  constructor(options: GroupedOptions<Question, Answer>) {
    this.#options = options;
  }

  /** The answer to this question. Rejects as the group does. */
  ask(question: Question): Promise<Answer> {
    const key = this.#options.keyOf(question);
    const same = this.#waiting.get(key);
    if (same !== undefined) return same.answer;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.set(key, { question, answer: promise, resolve, reject });
    if (!this.#isAsking) void this.#askAll();
    return promise;
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true;
    // What is asked in the same turn of the event loop shares the first group too.
    await Promise.resolve();
    while (this.#waiting.size > 0) await this.#askGroup([...this.#waiting].slice(0, this.#options.most));
    this.#isAsking = false;
  }

  async #askGroup(group: readonly (readonly [string, Waiting<Question, Answer>])[]): Promise<void> {
    for (const [key] of group) this.#waiting.delete(key);
    try {
      const answers = await this.#options.run(group.map(([, { question }]) => question));
      for (const [index, [, { resolve }]] of group.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const [, { reject }] of group) reject(error);
    }
  }
}
