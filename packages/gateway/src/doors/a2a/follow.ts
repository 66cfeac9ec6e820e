import type { StreamResponse } from '@a2a-js/sdk';
import { UnsupportedOperationError } from '@a2a-js/sdk/errors';
import type { Kept } from './tasks.ts';

/** Who may follow one task at the same time. */
const MOST_FOLLOWERS = 8;
/** Characters of JSON that may wait for a follower who does not read. */
const MOST_WAITING_CHARS = 1024 * 1024;

/**
 * `first`, and the events of a task from then on, until the answer under way has ended.
 * @throws UnsupportedOperationError when too many follow already, and when the follower reads too slowly
 */
export async function* follow(kept: Kept, first: StreamResponse): AsyncGenerator<StreamResponse, void, undefined> {
  if (kept.followers.size >= MOST_FOLLOWERS) {
    throw new UnsupportedOperationError(`${MOST_FOLLOWERS} follow the task already.`);
  }
  const waiting: { event: StreamResponse | null; chars: number }[] = [];
  let chars = 0;
  let isSlow = false;
  let wake: () => void = () => undefined;
  const take = (event: StreamResponse | null) => {
    const entry = { event, chars: JSON.stringify(event).length };
    chars += entry.chars;
    isSlow = waiting.length > 0 && chars > MOST_WAITING_CHARS;
    if (isSlow) waiting.length = 0;
    else waiting.push(entry);
    if (isSlow || event === null) kept.followers.delete(take);
    wake();
  };
  kept.followers.add(take);
  try {
    yield first;
    for (;;) {
      if (isSlow) throw new UnsupportedOperationError('Too much waited to be read; get the task instead.');
      const next = waiting.shift();
      chars -= next?.chars ?? 0;
      if (next?.event === null) return;
      if (next) yield next.event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    kept.followers.delete(take);
  }
}

/** Tells everybody who follows a task. */
export function publish(kept: Kept, payload: NonNullable<StreamResponse['payload']> | null): void {
  for (const take of kept.followers) take(payload && { payload: structuredClone(payload) });
}
