/** Bounds what looks at every study of the archive: one such request at a time in this process. */
import { type Answer, HttpError, type RequestContext } from '@sandyq/http';

const RETRY_SECONDS = 30;

/** The handler, which refuses while it is at work for somebody else. */
export function oneAtATime(
  handler: (context: RequestContext) => Promise<Answer>,
): (context: RequestContext) => Promise<Answer> {
  let isBusy = false;
  return async (context) => {
    if (isBusy)
      throw new HttpError(
        'overloaded',
        'Every study is being looked at for another request. Try again later.',
        {
          retryAfterSeconds: RETRY_SECONDS,
        },
      );
    isBusy = true;
    try {
      return await handler(context);
    } finally {
      isBusy = false;
    }
  };
}
