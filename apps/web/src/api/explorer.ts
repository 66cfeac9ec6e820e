import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { type ExplorerApi, type ExplorerName, explorerApi, explorerPath } from '@tributary/protocol/explorer';
import type { z } from 'zod';
import { PageError, problemOf } from '../ui/page-error.ts';

export type Answer<N extends ExplorerName> = z.infer<ExplorerApi[N]['answer']>;
type Params<N extends ExplorerName> = z.input<ExplorerApi[N]['params']>;
type Query<N extends ExplorerName> = { [K in keyof z.input<ExplorerApi[N]['query']>]?: string | number | undefined };

/** Asks the explorer API and checks what it answers. @throws `PageError` with the gateway's own words where it gave some */
export async function askExplorer<N extends ExplorerName>(
  name: N,
  params: Params<N>,
  query: Query<N> = {},
  signal?: AbortSignal,
): Promise<Answer<N>> {
  const call = explorerApi[name];
  const path = explorerPath(call, params as Record<string, string>, query as Record<string, string | number>);
  let response: Response;
  try {
    response = await fetch(path, { headers: { accept: 'application/json' }, ...(signal ? { signal } : {}) });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new PageError('The gateway does not answer.', 'Is it still running? This page tries again by itself.', {
      cause,
    });
  }
  if (!response.ok) throw await problemOf(response);
  const parsed = call.answer.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data as Answer<N>;
  const issue = parsed.error.issues[0];
  throw new PageError(
    'The gateway answered something this page does not understand.',
    `${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  );
}

/** Key and function of a question, for `useQuery` and for loading ahead. */
export function explorerQuery<N extends ExplorerName>(name: N, params: Params<N>, query: Query<N> = {}) {
  return queryOptions({
    queryKey: [name, params, query],
    queryFn: ({ signal }) => askExplorer(name, params, query, signal),
  });
}

/** Facts of the explorer API, kept fresh while they are looked at. */
export function useExplorer<N extends ExplorerName>(
  name: N,
  params: Params<N>,
  query: Query<N> = {},
  options: { everyMs?: number | false | ((data: Answer<N> | undefined) => number); enabled?: boolean } = {},
) {
  const { everyMs = 10_000 } = options;
  return useQuery({
    ...explorerQuery(name, params, query),
    refetchInterval: typeof everyMs === 'function' ? (q) => everyMs(q.state.data) : everyMs,
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
  });
}
