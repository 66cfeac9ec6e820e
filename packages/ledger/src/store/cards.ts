import { eq, sql } from 'drizzle-orm';
import { CURRENT_URI } from '../queries/assets.ts';
import { listOf, rowsOf } from '../queries/rows.ts';
import { cards } from './schema.ts';
import type { Database } from './store.ts';

/** `asset:<account>` or `party:<agentId>`. */
export type CardSubject = `asset:${string}` | `party:${string}`;

/** A card that has to be read, or tried again. */
export interface DueCard {
  subject: CardSubject;
  uri: string;
  /** Times in a row that it could not be read. */
  failures: number;
}

/** What was read of a card. `content` is JSON text. */
export interface Card {
  subject: CardSubject;
  uri: string;
  name: string;
  description: string;
  model: string;
  content: string | null;
  retryAt: number | null;
  failures: number;
}

/**
 * Cards whose URI is new or moved, and those whose time to be tried again has come.
 * @param filter.remote Those that have to be fetched; else those whose URI says all there is to know.
 * @param filter.now Unix seconds
 */
export function dueCards(
  db: Database,
  { remote, now, limit }: { remote: boolean; now: number; limit: number },
): Promise<DueCard[]> {
  return rowsOf(
    db,
    sql`select s.subject, s.uri, case when c.uri = s.uri then c.failures else 0 end as failures
      from (
        select 'asset:' || a.account as subject, ${CURRENT_URI} as uri from assets a
        union all
        select distinct on (agent_id) 'party:' || agent_id, value from (
          select agent_id, value, block_number, log_index from agent_facts where fact = 'uri'
          order by agent_id, block_number desc, log_index desc
        ) p
      ) s left join cards c on c.subject = s.subject
      where (s.uri ~ '^https?://') = ${remote} and (c.subject is null or c.uri <> s.uri or c.retry_at <= ${now}::bigint)
      order by c.failures nulls first limit ${limit}`,
  );
}

/** Unix seconds of the next card to be tried again; null when there is none. */
export async function nextRetry(db: Database): Promise<number | null> {
  const [row] = await rowsOf<{ at: string | number | null }>(db, sql`select min(retry_at) as at from cards`);
  return row?.at == null ? null : Number(row.at);
}

/** A card as it was last read; undefined when it never was. */
export async function cardOf(db: Database, subject: CardSubject): Promise<Card | undefined> {
  const [row] = await db.select().from(cards).where(eq(cards.subject, subject));
  return row as Card | undefined;
}

/** What cards call their subjects, of all or of those named; those never read are missing. */
export function cardNames(
  db: Database,
  subjects?: readonly CardSubject[],
): Promise<{ subject: CardSubject; name: string; description: string; model: string }[]> {
  return rowsOf(
    db,
    sql`select subject, name, description, model from cards
      where ${subjects ? sql`subject in ${listOf(subjects)}` : sql`true`}`,
  );
}

/** Keeps what was read, in place of what was there. */
export async function saveCard(db: Database, card: Card): Promise<void> {
  await db.insert(cards).values(card).onConflictDoUpdate({ target: cards.subject, set: card });
}
