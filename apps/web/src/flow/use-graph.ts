import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { askExplorer } from '../api/explorer.ts';
import { type GraphData, NO_GRAPH, withAnswer } from './graph-data.ts';

const EVERY_MS = 3_000;

/** The graph of all assets, kept up to date by asking for what changed. */
export function useGraph() {
  const known = useRef<GraphData>(NO_GRAPH);
  return useQuery({
    queryKey: ['graph', 'live'],
    queryFn: async ({ signal }) => {
      const answer = await askExplorer('graph', {}, { since: known.current.next }, signal);
      known.current = withAnswer(known.current, answer);
      return known.current;
    },
    refetchInterval: EVERY_MS,
    structuralSharing: false,
    gcTime: 0,
  });
}
