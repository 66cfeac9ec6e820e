import type { StreamResponse } from '@a2a-js/sdk';
import type { Kept } from './tasks.ts';

/** The events of a task from the call on, until the answer under way has ended. */
export function follow(kept: Kept): AsyncGenerator<StreamResponse, void, undefined> {
  const waiting: (StreamResponse | null)[] = [];
  let wake: () => void = () => undefined;
  const take = (event: StreamResponse | null) => {
    waiting.push(event);
    wake();
  };
  kept.followers.add(take);
  return (async function* () {
    try {
      for (;;) {
        const event = waiting.shift();
        if (event === null) return;
        if (event) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      kept.followers.delete(take);
    }
  })();
}

/** Tells everybody who follows a task. */
export function publish(kept: Kept, payload: NonNullable<StreamResponse['payload']> | null): void {
  for (const take of kept.followers) take(payload && { payload: structuredClone(payload) });
}
