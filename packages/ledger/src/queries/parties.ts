import type { Address, Hex } from '@tributary/protocol';
import type { Place } from '@tributary/protocol/explorer';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';
import { type Int, type PlaceColumns, pageOf, placeOf, rowsOf } from './rows.ts';

/** An ERC-8004 identity as the chain has it now. */
export interface PartyRow {
  agentId: bigint;
  owner: Address;
  /** Signs for it; null when unset. */
  wallet: Address | null;
  uri: string;
  /** From its registration file; empty as long as that was not read. */
  name: string;
  description: string;
  registered: Place;
}

interface PartyColumns extends PlaceColumns {
  agent_id: Int;
  owner: Address;
  wallet: string | null;
  uri: string | null;
  name: string | null;
  description: string | null;
}

/** The newest value of a fact of the identity in `column`. */
function newest(column: SQL, fact: string): SQL {
  return sql`(select f.value from agent_facts f where f.agent_id = ${column} and f.fact = ${fact}
    order by f.block_number desc, f.log_index desc limit 1)`;
}

/** Newest first: all, those of an owner, those named, or those whose name or description has some text in it. */
export async function listParties(
  db: Database,
  filter: {
    owner?: Address | undefined;
    agentIds?: readonly bigint[] | undefined;
    text?: string | undefined;
    /** Only ids below this one. */
    before?: bigint | undefined;
    limit: number;
  },
): Promise<{ rows: PartyRow[]; next: bigint | null }> {
  const { owner, agentIds, text, before, limit } = filter;
  const ids = JSON.stringify((agentIds ?? []).map(String));
  const conditions = [
    before === undefined ? sql`true` : sql`g.agent_id < ${before.toString()}::numeric`,
    agentIds ? sql`g.agent_id in (select i::numeric from jsonb_array_elements_text(${ids}::jsonb) i)` : sql`true`,
    owner ? sql`g.agent_id in (select o.agent_id from agent_facts o where o.owner = ${owner})` : sql`true`,
    owner ? sql`${newest(sql`g.agent_id`, 'owner')} = ${owner}` : sql`true`,
    text ? contains(sql`c.name || ' ' || c.description`, text) : sql`true`,
  ];
  const found = await rowsOf<PartyColumns>(
    db,
    sql`select g.*, b.time, ${newest(sql`g.agent_id`, 'owner')} as owner, ${newest(sql`g.agent_id`, 'uri')} as uri,
        ${newest(sql`g.agent_id`, 'metadata:agentWallet')} as wallet, c.name, c.description
      from (
        select distinct on (agent_id) agent_id, block_number, log_index, row, tx_hash from agent_facts
        where fact = 'owner' order by agent_id desc, block_number, log_index
      ) g
      join blocks b on b.number = g.block_number
      left join cards c on c.subject = 'party:' || g.agent_id
      where ${sql.join(conditions, sql` and `)}
      order by g.agent_id desc limit ${limit + 1}`,
  );
  const { rows, next } = pageOf(found, limit, (r) => BigInt(r.agent_id));
  return { rows: rows.map(partyRow), next };
}

/** A condition: a text is in a column, whatever its case. */
function contains(column: SQL, text: string): SQL {
  return sql`position(lower(${text}) in lower(${column})) > 0`;
}

function partyRow(r: PartyColumns): PartyRow {
  const set = r.wallet !== null && /^0x[0-9a-f]{40}$/.test(r.wallet.toLowerCase()) && !/^0x0+$/.test(r.wallet);
  return {
    agentId: BigInt(r.agent_id),
    owner: r.owner,
    wallet: set ? (r.wallet!.toLowerCase() as Hex) : null,
    uri: r.uri ?? '',
    name: r.name ?? '',
    description: r.description ?? '',
    registered: placeOf(r),
  };
}

/** How many parties there are. */
export async function countParties(db: Database): Promise<number> {
  const [row] = await rowsOf<{ n: Int }>(db, sql`select count(distinct agent_id) as n from agent_facts`);
  return Number(row?.n ?? 0);
}

/** What raters say of a party under one tag: the mean of what is not revoked. */
interface TagSummary {
  tag: string;
  count: number;
  /** Decimal text. */
  average: string;
}

export interface FeedbackSummaryRow {
  count: number;
  raters: number;
  byTag: TagSummary[];
}

const TAGS = 16;
const TAG_LENGTH = 64;

/** Ratings of parties, by party. */
export async function summarizeFeedback(
  db: Database,
  agentIds: readonly bigint[],
): Promise<Map<bigint, FeedbackSummaryRow>> {
  const ids = JSON.stringify(agentIds.map(String));
  const rows = await rowsOf<{ agent_id: Int; tag: string; count: Int; sum: string; clients: string[] }>(
    db,
    sql`select agent_id, left(tag1, ${TAG_LENGTH}) as tag, count(*) as count,
        round(avg(value / (10::numeric ^ decimals)), 6)::text as sum, array_agg(distinct client) as clients
      from ${VALID_FEEDBACK} f
      where agent_id in (select i::numeric from jsonb_array_elements_text(${ids}::jsonb) i)
      group by 1, 2 order by count(*) desc, 2`,
  );
  return new Map(
    [...Map.groupBy(rows, (r) => BigInt(r.agent_id))].map(([agentId, tags]) => [
      agentId,
      {
        count: tags.reduce((n, t) => n + Number(t.count), 0),
        raters: new Set(tags.flatMap((t) => t.clients)).size,
        byTag: tags.slice(0, TAGS).map((t) => ({ tag: t.tag, count: Number(t.count), average: trimmed(t.sum) })),
      },
    ]),
  );
}

const VALID_FEEDBACK = sql`(select f.* from feedback f where not exists (select 1 from feedback_revocations r
  where r.agent_id = f.agent_id and r.client = f.client and r.feedback_index = f.feedback_index))`;

function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}

/** One rating. */
export interface FeedbackRow {
  client: Address;
  index: number;
  value: string;
  tag1: string;
  tag2: string;
  endpoint: string;
  uri: string;
  revoked: boolean;
  place: Place;
}

/** The newest ratings of a party. */
export async function listFeedback(db: Database, agentId: bigint, limit: number): Promise<FeedbackRow[]> {
  const rows = await rowsOf<
    PlaceColumns & {
      client: Address;
      feedback_index: Int;
      value: string;
      tag1: string;
      tag2: string;
      endpoint: string;
      uri: string;
      revoked: boolean;
    }
  >(
    db,
    sql`select f.block_number, f.log_index, f.row, f.tx_hash, b.time, f.client, f.feedback_index,
        round(f.value / (10::numeric ^ f.decimals), 18)::text as value, left(f.tag1, ${TAG_LENGTH}) as tag1,
        left(f.tag2, ${TAG_LENGTH}) as tag2, left(f.endpoint, 2048) as endpoint, left(f.uri, 2048) as uri,
        exists (select 1 from feedback_revocations r where r.agent_id = f.agent_id and r.client = f.client
          and r.feedback_index = f.feedback_index) as revoked
      from feedback f join blocks b on b.number = f.block_number where f.agent_id = ${agentId.toString()}::numeric
      order by f.block_number desc, f.log_index desc limit ${limit}`,
  );
  return rows.map((r) => ({
    client: r.client,
    index: Number(r.feedback_index),
    value: trimmed(r.value),
    tag1: r.tag1,
    tag2: r.tag2,
    endpoint: r.endpoint,
    uri: r.uri,
    revoked: r.revoked,
    place: placeOf(r),
  }));
}
