import { type Address, type Hex32, ZERO_ADDRESS } from '@tributary/protocol';
import type { EventKind, Money, Place } from '@tributary/protocol/explorer';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';
import { CLAIMED } from './claims.ts';
import { PAID_OUT } from './holders.ts';
import { type Int, isBefore, type Order, orderOf, type PlaceColumns, pageOf, placeOf, rowsOf } from './rows.ts';

/** One thing that happened on the chain. */
export interface EventRow {
  kind: EventKind;
  place: Place;
  /** The asset it happened to; for channels whoever is paid, asset or not. */
  account: Address | null;
  from: Address | null;
  to: Address | null;
  money: Money[];
  shares: bigint | null;
  channelId: Hex32 | null;
  agentId: bigint | null;
}

interface EventColumns extends PlaceColumns {
  kind: EventKind;
  account: Address | null;
  sender: Address | null;
  recipient: Address | null;
  token: Address | null;
  amount: Int | null;
  other_amount: Int | null;
  shares: Int | null;
  channel_id: Hex32 | null;
  agent_id: Int | null;
}

/** What one kind of event is made of. `account`, `sender` and `recipient` are also what filters look at. */
interface Source {
  from: SQL;
  /** Alias of the table whose place counts. */
  at: SQL;
  where?: SQL;
  account?: SQL;
  sender?: SQL;
  recipient?: SQL;
  token?: SQL;
  amount?: SQL;
  /** In the network token, beside `amount` in dollars. */
  otherAmount?: SQL;
  shares?: SQL;
  channel?: SQL;
  agent?: SQL;
}

const OF_CHANNEL = sql`join lateral (select * from channels h where h.channel_id = e.channel_id limit 1) h on true`;

function channelEvent(kind: string): Source {
  return {
    from: sql`channel_events e ${OF_CHANNEL}`,
    at: sql`e`,
    where: sql`e.kind = ${kind}`,
    account: sql`h.receiver`,
    sender: sql`h.payer`,
    recipient: sql`h.receiver`,
    token: sql`h.token`,
    amount: sql`e.amount`,
    channel: sql`e.channel_id`,
  };
}

const IS_EDGE = sql`exists (select 1 from upstreams u where u.account = e.payer and u.upstream = e.payee)`;

/** Where each kind of event stands in the tables. `channels` is the contract that settles. */
function sources(channels: Address): Record<EventKind, Source> {
  return {
    registered: { from: sql`assets e`, at: sql`e`, account: sql`e.account`, recipient: sql`e.creator` },
    owner_changed: {
      from: sql`asset_owners e`,
      at: sql`e`,
      where: sql`not exists (select 1 from assets a where a.account = e.account and a.tx_hash = e.tx_hash)`,
      account: sql`e.account`,
      recipient: sql`e.owner`,
    },
    described: { from: sql`asset_uris e`, at: sql`e`, account: sql`e.account` },
    shares_moved: {
      from: sql`share_transfers e`,
      at: sql`e`,
      account: sql`e.account`,
      sender: sql`e.sender`,
      recipient: sql`e.receiver`,
      shares: sql`e.shares`,
    },
    channel_opened: {
      from: sql`channels e`,
      at: sql`e`,
      account: sql`e.receiver`,
      sender: sql`e.payer`,
      recipient: sql`e.receiver`,
      channel: sql`e.channel_id`,
    },
    deposited: channelEvent('deposited'),
    refunded: channelEvent('refunded'),
    withdrawal_started: channelEvent('withdraw_initiated'),
    withdrawn: channelEvent('withdraw_finalized'),
    claimed: {
      from: sql`claims c join lateral (select * from channels h where h.channel_id = c.channel_id limit 1) h on true`,
      at: sql`c`,
      account: sql`h.receiver`,
      sender: sql`h.payer`,
      recipient: sql`h.receiver`,
      token: sql`h.token`,
      amount: CLAIMED,
      channel: sql`c.channel_id`,
    },
    settled: {
      from: sql`settlements e`,
      at: sql`e`,
      account: sql`e.receiver`,
      recipient: sql`e.receiver`,
      token: sql`e.token`,
      amount: sql`e.amount`,
    },
    receipts_logged: {
      from: sql`receipt_roots e ${OF_CHANNEL}`,
      at: sql`e`,
      account: sql`h.receiver`,
      sender: sql`e.poster`,
      token: sql`h.token`,
      amount: sql`e.to_total - e.from_total`,
      channel: sql`e.channel_id`,
    },
    paid_in: {
      from: sql`token_transfers e join assets a on a.account = e.payee`,
      at: sql`e`,
      // What channels pay is `settled`, what assets pay is `passed_on`.
      where: sql`e.payer <> ${channels} and not ${IS_EDGE}`,
      account: sql`e.payee`,
      sender: sql`e.payer`,
      recipient: sql`e.payee`,
      token: sql`e.token`,
      amount: sql`e.amount`,
    },
    passed_on: {
      from: sql`token_transfers e`,
      at: sql`e`,
      where: IS_EDGE,
      account: sql`e.payer`,
      sender: sql`e.payer`,
      recipient: sql`e.payee`,
      token: sql`e.token`,
      amount: sql`e.amount`,
    },
    paid_out: {
      from: sql`${PAID_OUT} e`,
      at: sql`e`,
      account: sql`e.account`,
      sender: sql`e.account`,
      recipient: sql`e.party`,
      amount: sql`e.dollars`,
      otherAmount: sql`e.tribs`,
    },
    party_registered: {
      from: sql`agent_facts e`,
      at: sql`e`,
      where: sql`e.fact = 'owner' and not exists (select 1 from agent_facts f where f.agent_id = e.agent_id
        and f.fact = 'owner' and (f.block_number, f.log_index) < (e.block_number, e.log_index))`,
      recipient: sql`e.owner`,
      agent: sql`e.agent_id`,
    },
    rated: {
      from: sql`feedback e`,
      at: sql`e`,
      sender: sql`e.client`,
      agent: sql`e.agent_id`,
    },
  };
}

export interface EventFilter {
  kind?: EventKind | undefined;
  /** Events of this asset, and those that pay it. */
  account?: Address | undefined;
  /** Events that pay, are paid by, or give shares to this address. */
  party?: Address | undefined;
  /** Only one transaction's, whose block is known: transactions have no index of their own. */
  transaction?: { txHash: Hex32; blockNumber: number } | undefined;
  before?: Order | undefined;
}

const orNull = (part: SQL | undefined, type: string) => part ?? sql`null::${sql.raw(type)}`;

/** One source's newest `limit` rows that match; null when none of its rows can. */
function selectFrom(kind: EventKind, s: Source, filter: EventFilter, limit: number): SQL | null {
  const { account, party, transaction, before } = filter;
  const sides = [s.sender, s.recipient].filter((side) => side !== undefined);
  const conditions: SQL[] = s.where ? [s.where] : [];
  if (account) {
    const named = [s.account, s.recipient].filter((side) => side !== undefined);
    if (!s.account) return null;
    conditions.push(
      sql`(${sql.join(
        named.map((side) => sql`${side} = ${account}`),
        sql` or `,
      )})`,
    );
  }
  if (party) {
    if (sides.length === 0) return null;
    conditions.push(
      sql`(${sql.join(
        sides.map((side) => sql`${side} = ${party}`),
        sql` or `,
      )})`,
    );
  }
  if (transaction) {
    conditions.push(
      sql`${s.at}.block_number = ${transaction.blockNumber}::bigint and ${s.at}.tx_hash = ${transaction.txHash}`,
    );
  }
  if (before) conditions.push(isBefore(s.at, before));
  const where = conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``;
  return sql`(select ${kind}::text as kind, ${s.at}.block_number, ${s.at}.log_index, ${s.at}.row, ${s.at}.tx_hash,
      ${orNull(s.account, 'text')} as account, ${orNull(s.sender, 'text')} as sender,
      ${orNull(s.recipient, 'text')} as recipient, ${orNull(s.token, 'text')} as token,
      ${orNull(s.amount, 'numeric')} as amount, ${orNull(s.otherAmount, 'numeric')} as other_amount,
      ${orNull(s.shares, 'numeric')} as shares, ${orNull(s.channel, 'text')} as channel_id,
      ${orNull(s.agent, 'numeric')} as agent_id
    from ${s.from} ${where}
    order by ${s.at}.block_number desc, ${s.at}.log_index desc, ${s.at}.row desc limit ${limit})`;
}

/** What happened, newest first. */
export async function listEvents(
  db: Database,
  contracts: { channels: Address; dollar: Address; trib: Address },
  filter: EventFilter,
  limit: number,
): Promise<{ rows: EventRow[]; next: Order | null }> {
  const all = sources(contracts.channels);
  const kinds = filter.kind ? [filter.kind] : (Object.keys(all) as EventKind[]);
  const parts = kinds.flatMap((kind) => selectFrom(kind, all[kind], filter, limit + 1) ?? []);
  if (parts.length === 0) return { rows: [], next: null };
  const found = await rowsOf<EventColumns>(
    db,
    sql`select x.*, b.time from (${sql.join(parts, sql` union all `)}) x join blocks b on b.number = x.block_number
      order by x.block_number desc, x.log_index desc, x.row desc limit ${limit + 1}`,
  );
  const { rows, next } = pageOf(found, limit, orderOf);
  return { rows: rows.map((r) => eventRow(r, contracts)), next };
}

function eventRow(r: EventColumns, { dollar, trib }: { dollar: Address; trib: Address }): EventRow {
  const someone = (address: Address | null) => (address === ZERO_ADDRESS ? null : address);
  const money = [
    { token: r.token ?? dollar, amount: BigInt(r.amount ?? 0) },
    { token: trib, amount: BigInt(r.other_amount ?? 0) },
  ];
  return {
    kind: r.kind,
    place: placeOf(r),
    account: r.account,
    from: someone(r.sender),
    to: someone(r.recipient),
    money: money.filter((m) => m.amount > 0n),
    shares: r.shares === null ? null : BigInt(r.shares),
    channelId: r.channel_id,
    agentId: r.agent_id === null ? null : BigInt(r.agent_id),
  };
}
