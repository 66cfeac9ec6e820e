import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Citation, SignedReceipt } from '@tributary/protocol';
import { useEffect, useRef } from 'react';
import { percent } from '../money/format.ts';
import { AddressLink } from '../ui/Ids.tsx';
import styles from './Ask.module.css';

interface Props {
  citations: readonly Citation[];
  /** The one to show first, counted from 1. */
  mark: number | null;
  receipt: SignedReceipt | null;
}

/** The passages an answer rests on, as they stand in the documents, with who contributed them. */
export function Sources({ citations, mark, receipt }: Props) {
  const marked = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (mark === null) return;
    marked.current?.scrollIntoView({ block: 'nearest' });
    marked.current?.focus({ preventScroll: true });
  }, [mark]);

  return (
    <ol className={styles.sources}>
      {citations.map((citation, i) => {
        const weight = receipt?.attribution.find(
          (a) => a.document === citation.document && a.dataset === citation.dataset,
        )?.weightPpm;
        return (
          <li
            key={`${citation.url_citation.url} ${citation.url_citation.start_index}`}
            className={styles.source}
            ref={mark === i + 1 ? marked : undefined}
            tabIndex={-1}
          >
            <Text fw={600} size="sm">
              <span className={styles.markLabel}>{i + 1}</span> {citation.url_citation.title}
            </Text>
            <blockquote className={styles.quote}>{citation.quote}</blockquote>
            <Text size="xs" c="dimmed">
              From <span className="mono">{citation.document}</span> in{' '}
              <Link to="/explore/assets/$account" params={{ account: citation.dataset }}>
                its dataset
              </Link>
              , contributed by <AddressLink address={citation.contributor} />
              {weight !== undefined && <> · {percent(weight)} of what this answer used</>}
            </Text>
          </li>
        );
      })}
    </ol>
  );
}
