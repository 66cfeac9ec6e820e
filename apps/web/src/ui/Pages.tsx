import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Failed, Loading } from './States.tsx';

interface Pages {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  refetch: () => unknown;
  fetchNextPage: () => unknown;
}

interface Props<T> {
  pages: Pages;
  rows: readonly T[] | undefined;
  /** What stands there when the list is empty. */
  empty: ReactNode;
  children: (rows: readonly T[]) => ReactNode;
}

/** A list in every state it can be in: loading, failed, empty, and with more to come. */
export function PagesOf<T>({ pages, rows, empty, children }: Props<T>) {
  if (rows === undefined) {
    return pages.isError ? <Failed error={pages.error} onRetry={() => void pages.refetch()} /> : <Loading lines={6} />;
  }
  if (rows.length === 0) return empty;
  return (
    <>
      {children(rows)}
      {pages.hasNextPage && (
        <Button variant="default" mt="lg" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}
