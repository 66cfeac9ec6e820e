import type { z } from 'zod';
import { createStore, type Store } from './store.ts';

/**
 * A value that this browser keeps under a name. What is there already must fit the schema, else `initial` holds: another
 * version of the page may have written it. Works without storage, for as long as the page is open.
 */
export function createSaved<T>(name: string, schema: z.ZodType<T>, initial: T): Store<T> {
  const key = `tributary.${name}`;
  const read = (): T => {
    try {
      const parsed = schema.safeParse(JSON.parse(localStorage.getItem(key) ?? 'null'));
      return parsed.success ? parsed.data : initial;
    } catch {
      return initial;
    }
  };
  const store = createStore(read());
  if (typeof addEventListener === 'function') {
    // Another tab has changed it.
    addEventListener('storage', (event) => {
      if (event.key === key) store.set(read());
    });
  }
  return {
    ...store,
    set(next) {
      store.set(next);
      try {
        localStorage.setItem(key, JSON.stringify(store.get()));
      } catch {
        // Storage is full or forbidden: the value lives as long as the page.
      }
    },
  };
}
