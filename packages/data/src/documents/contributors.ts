import { matchesGlob } from 'node:path';
import { Address, TributaryError } from '@tributary/protocol';
import { z } from 'zod';

/** Says whose a document is, by its name inside the dataset; undefined when nobody's. */
export type ContributorRule = (document: string) => Address | undefined;

const ContributorMap = z.record(z.string().min(1).max(1024), Address);

/**
 * A rule out of a map from folder (`guides/`), file or glob (`**\/*.pdf`) to address; `*` alone is everybody else. The
 * first entry that fits decides. Throws `contributors_invalid` when the map is malformed.
 */
export function contributorRule(map: unknown): ContributorRule {
  const parsed = ContributorMap.safeParse(map);
  if (!parsed.success) {
    throw new TributaryError(
      'contributors_invalid',
      `The contributors are not readable: ${z.prettifyError(parsed.error)}`,
      {
        hint: 'Write {"folder/": "0x…", "*": "0x…"}.',
      },
    );
  }
  const entries = Object.entries(parsed.data);
  return (document) =>
    entries.find(
      ([pattern]) =>
        pattern === '*' ||
        document === pattern ||
        (pattern.endsWith('/') && document.startsWith(pattern)) ||
        matchesGlob(document, pattern),
    )?.[1];
}
