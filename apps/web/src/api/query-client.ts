import { QueryClient } from '@tanstack/react-query';
import { PageError } from '../ui/page-error.ts';

const FRESH_MS = 2_000;
const TRIES = 2;

/** One cache for all that is read from the gateway. What the gateway refuses is not asked again by itself. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      retry: (failures, error) => {
        const refused = error instanceof PageError && error.status !== undefined && error.status < 500;
        return !refused && failures < TRIES;
      },
    },
  },
});
