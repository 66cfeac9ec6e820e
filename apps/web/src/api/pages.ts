import { useInfiniteQuery } from '@tanstack/react-query';
import type { ExplorerApi, ExplorerName } from '@tributary/protocol/explorer';
import type { z } from 'zod';
import { type Answer, askExplorer } from './explorer.ts';

/** Lists that go on where `next` of the answer before points. */
type Listed = {
  [N in ExplorerName]: Answer<N> extends { next: string | null }
    ? 'reset' extends keyof Answer<N>
      ? never
      : N
    : never;
}[ExplorerName];

const EVERY_MS = 10_000;

/** A list of the explorer API, page by page. Its first page is kept fresh while no other was asked for. */
export function usePages<N extends Listed>(
  name: N,
  params: z.input<ExplorerApi[N]['params']>,
  query: Record<string, string | number | undefined> = {},
) {
  return useInfiniteQuery({
    queryKey: ['pages', name, params, query],
    queryFn: ({ pageParam, signal }) =>
      askExplorer(name, params, { ...query, cursor: pageParam ?? undefined } as never, signal) as Promise<Answer<N>>,
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<N>) => (last as { next: string | null }).next,
    refetchInterval: (q) => ((q.state.data?.pages.length ?? 1) > 1 ? false : EVERY_MS),
  });
}
