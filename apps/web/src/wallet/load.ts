type Engine = typeof import('./engine.ts');

let loading: Promise<Engine> | undefined;

/** The part of the page that signs and checks, loaded once. A failed load is tried again the next time. */
export function loadEngine(): Promise<Engine> {
  loading ??= import('./engine.ts').catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Loads it when the browser has nothing better to do, so that the first question does not wait for it. */
export function loadEngineSoon(): void {
  const load = () => void loadEngine().catch(() => undefined);
  if ('requestIdleCallback' in globalThis) requestIdleCallback(load, { timeout: 3_000 });
  else setTimeout(load, 500);
}
