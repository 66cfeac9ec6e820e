import {
  type AnyPgColumn,
  bigint,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';

/**
 * What the chain said, one row for each event, never changed: a reorganisation deletes the rows above the common ancestor
 * and nothing else. The latest owner or URI is the last row. Amounts are base units; addresses and hashes lower-case hex.
 */

/** Where on the chain a row comes from. `row` counts the rows of one event. */
const place = {
  blockNumber: bigint('block_number', { mode: 'number' }).notNull(),
  logIndex: integer('log_index').notNull(),
  row: integer('row').notNull(),
  txHash: text('tx_hash').notNull(),
};
const placeKey = (t: { blockNumber: AnyPgColumn; logIndex: AnyPgColumn; row: AnyPgColumn }) =>
  primaryKey({ columns: [t.blockNumber, t.logIndex, t.row] });
const amount = (name: string) => numeric(name, { precision: 78, scale: 0, mode: 'bigint' });

/** Blocks that were followed: every one with a row in another table, and the end of each range. */
export const blocks = pgTable('blocks', {
  number: bigint('number', { mode: 'number' }).primaryKey(),
  hash: text('hash').notNull(),
  /** Unix seconds. */
  time: bigint('time', { mode: 'number' }).notNull(),
});

export const assets = pgTable(
  'assets',
  {
    ...place,
    account: text('account').notNull().unique(),
    kind: text('kind').notNull(),
    creator: text('creator').notNull(),
    uri: text('uri').notNull(),
    duesPpm: integer('dues_ppm').notNull(),
    minter: text('minter').notNull(),
    cap: amount('cap').notNull(),
  },
  (t) => [placeKey(t)],
);

export const upstreams = pgTable(
  'upstreams',
  {
    ...place,
    account: text('account').notNull(),
    upstream: text('upstream').notNull(),
    weightPpm: integer('weight_ppm').notNull(),
  },
  (t) => [placeKey(t), index('upstreams_account').on(t.account), index('upstreams_upstream').on(t.upstream)],
);

export const assetOwners = pgTable(
  'asset_owners',
  { ...place, account: text('account').notNull(), owner: text('owner').notNull() },
  (t) => [placeKey(t), index('asset_owners_account').on(t.account), index('asset_owners_owner').on(t.owner)],
);

export const assetUris = pgTable(
  'asset_uris',
  { ...place, account: text('account').notNull(), uri: text('uri').notNull() },
  (t) => [placeKey(t), index('asset_uris_account').on(t.account)],
);

/** Shares that moved; the zero address is where they are minted from and burned to. */
export const shareTransfers = pgTable(
  'share_transfers',
  {
    ...place,
    account: text('account').notNull(),
    sender: text('sender').notNull(),
    receiver: text('receiver').notNull(),
    shares: amount('shares').notNull(),
  },
  (t) => [
    placeKey(t),
    index('share_transfers_account').on(t.account),
    index('share_transfers_sender').on(t.sender),
    index('share_transfers_receiver').on(t.receiver),
  ],
);

/** Money that an account meant to send to a holder (`claimed`) or the owner (`owner_paid`); what did not go through is in `unpaid`. */
export const payouts = pgTable(
  'payouts',
  {
    ...place,
    account: text('account').notNull(),
    kind: text('kind').notNull(),
    party: text('party').notNull(),
    dollars: amount('dollars').notNull(),
    tribs: amount('tribs').notNull(),
  },
  (t) => [placeKey(t), index('payouts_account').on(t.account), index('payouts_party').on(t.party)],
);

/** A payment that a paused token or a blocked receiver stopped; a payout's own follow it in the same transaction. */
export const unpaid = pgTable(
  'unpaid',
  {
    ...place,
    account: text('account').notNull(),
    token: text('token').notNull(),
    party: text('party').notNull(),
    amount: amount('amount').notNull(),
  },
  (t) => [placeKey(t)],
);

/**
 * Revenue tokens that came to an account or left it. What goes up an edge of the graph has no event of its own: it is such a
 * transfer.
 */
export const tokenTransfers = pgTable(
  'token_transfers',
  {
    ...place,
    token: text('token').notNull(),
    payer: text('payer').notNull(),
    payee: text('payee').notNull(),
    amount: amount('amount').notNull(),
  },
  (t) => [placeKey(t), index('token_transfers_edge').on(t.payer, t.payee), index('token_transfers_payee').on(t.payee)],
);

/** The facts of a channel, at its first deposit; a channel that was closed and opened again has several rows. */
export const channels = pgTable(
  'channels',
  {
    ...place,
    channelId: text('channel_id').notNull(),
    payer: text('payer').notNull(),
    payerAuthorizer: text('payer_authorizer').notNull(),
    receiver: text('receiver').notNull(),
    receiverAuthorizer: text('receiver_authorizer').notNull(),
    token: text('token').notNull(),
    withdrawDelay: bigint('withdraw_delay', { mode: 'number' }).notNull(),
    salt: text('salt').notNull(),
  },
  (t) => [
    placeKey(t),
    index('channels_channel').on(t.channelId),
    index('channels_payer').on(t.payer),
    index('channels_receiver').on(t.receiver),
  ],
);

/** Everything about a channel but its claims. `detail` has what only one kind of event carries. */
export const channelEvents = pgTable(
  'channel_events',
  {
    ...place,
    channelId: text('channel_id').notNull(),
    kind: text('kind').notNull(),
    amount: amount('amount').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [placeKey(t), index('channel_events_channel').on(t.channelId)],
);

/** One channel in one claim: its new total. `claimed` is what it grew by; null where the event does not say. */
export const claims = pgTable(
  'claims',
  {
    ...place,
    channelId: text('channel_id').notNull(),
    sender: text('sender').notNull(),
    claimed: amount('claimed'),
    totalClaimed: amount('total_claimed').notNull(),
  },
  (t) => [placeKey(t), index('claims_channel').on(t.channelId)],
);

/** Claimed money that went to its receiver: an asset's account, or a gateway. */
export const settlements = pgTable(
  'settlements',
  {
    ...place,
    receiver: text('receiver').notNull(),
    token: text('token').notNull(),
    amount: amount('amount').notNull(),
  },
  (t) => [placeKey(t), index('settlements_receiver').on(t.receiver)],
);

/** Merkle-sum roots of claimed receipts: the interval [from, to) of a channel. */
export const receiptRoots = pgTable(
  'receipt_roots',
  {
    ...place,
    channelId: text('channel_id').notNull(),
    poster: text('poster').notNull(),
    from: amount('from_total').notNull(),
    to: amount('to_total').notNull(),
    root: text('root').notNull(),
    leavesHash: text('leaves_hash').notNull(),
  },
  (t) => [placeKey(t), index('receipt_roots_channel').on(t.channelId)],
);

/** Changes of an ERC-8004 identity: `owner`, `uri`, or `metadata:<key>`. */
export const agentFacts = pgTable(
  'agent_facts',
  {
    ...place,
    agentId: amount('agent_id').notNull(),
    fact: text('fact').notNull(),
    value: text('value').notNull(),
    /** The value again where the fact is an owner, to find an owner's identities; values at large are too long for an index. */
    owner: text('owner'),
  },
  (t) => [placeKey(t), index('agent_facts_agent').on(t.agentId), index('agent_facts_owner').on(t.owner)],
);

/** Ratings of parties (ERC-8004); `value` is in units of 10^-`decimals`. */
export const feedback = pgTable(
  'feedback',
  {
    ...place,
    agentId: amount('agent_id').notNull(),
    client: text('client').notNull(),
    index: amount('feedback_index').notNull(),
    value: amount('value').notNull(),
    decimals: integer('decimals').notNull(),
    tag1: text('tag1').notNull(),
    tag2: text('tag2').notNull(),
    endpoint: text('endpoint').notNull(),
    uri: text('uri').notNull(),
  },
  (t) => [placeKey(t), index('feedback_agent').on(t.agentId)],
);

export const feedbackRevocations = pgTable(
  'feedback_revocations',
  {
    ...place,
    agentId: amount('agent_id').notNull(),
    client: text('client').notNull(),
    index: amount('feedback_index').notNull(),
  },
  (t) => [placeKey(t), index('feedback_revocations_agent').on(t.agentId)],
);

/** The tables that follow the chain, for the rollback of a reorganisation. */
export const chainTables = [
  assets,
  upstreams,
  assetOwners,
  assetUris,
  shareTransfers,
  payouts,
  unpaid,
  tokenTransfers,
  channels,
  channelEvents,
  claims,
  settlements,
  receiptRoots,
  agentFacts,
  feedback,
  feedbackRevocations,
] as const;

/** What the tables are a copy of: another chain or other contracts empty them. */
export const source = pgTable('source', { id: integer('id').primaryKey(), identity: text('identity').notNull() });

/** Receipts as a fold of one process's journal; `journalSeq` is the record it came in. */
export const receipts = pgTable(
  'receipts',
  {
    receiptHash: text('receipt_hash').primaryKey(),
    journalSeq: bigint('journal_seq', { mode: 'number' }).notNull(),
    requestId: text('request_id').notNull(),
    service: text('service').notNull(),
    channelId: text('channel_id').notNull(),
    from: amount('from_total').notNull(),
    to: amount('to_total').notNull(),
    payerChannelId: text('payer_channel_id').notNull(),
    payerFrom: amount('payer_from').notNull(),
    payerTo: amount('payer_to').notNull(),
    price: amount('price').notNull(),
    modelDigest: text('model_digest').notNull(),
    promptTokens: bigint('prompt_tokens', { mode: 'number' }).notNull(),
    completionTokens: bigint('completion_tokens', { mode: 'number' }).notNull(),
    issuedAt: bigint('issued_at', { mode: 'number' }).notNull(),
    /** The SignedReceipt in its JSON form. */
    signed: jsonb('signed').$type<unknown>().notNull(),
  },
  (t) => [
    index('receipts_seq').on(t.journalSeq),
    index('receipts_request').on(t.requestId),
    index('receipts_service').on(t.service),
    index('receipts_channel').on(t.channelId, t.to),
  ],
);

/** How far a fold of a journal came: records below `nextSeq` are inside. */
export const folds = pgTable('folds', {
  name: text('name').primaryKey(),
  nextSeq: bigint('next_seq', { mode: 'number' }).notNull(),
});

/** What a service's receipts add up to: kept with them, because counting them again takes too long. */
export const serviceTotals = pgTable('service_totals', {
  service: text('service').primaryKey(),
  answers: bigint('answers', { mode: 'number' }).notNull(),
  /** Sum of the prices, base units of the dollar. */
  earned: amount('earned').notNull(),
  /** Unix seconds of the newest receipt. */
  last: bigint('last', { mode: 'number' }).notNull(),
});

/**
 * What stands at the URIs of assets and parties, as far as it could be read. A cache: strangers' words, taken from wherever
 * they put them. `subject` is `asset:<account>` or `party:<agentId>`.
 */
export const cards = pgTable('cards', {
  subject: text('subject').primaryKey(),
  /** Where it was read; another URI now means it has to be read again. */
  uri: text('uri').notNull(),
  name: text('name').notNull(),
  description: text('description').notNull(),
  /** The model that a service offers, by the name that callers use. */
  model: text('model').notNull(),
  /** JSON text; null when it could not be read. */
  content: text('content'),
  /** Unix seconds; when to try again, null for a card that is read. */
  retryAt: bigint('retry_at', { mode: 'number' }),
  failures: integer('failures').notNull(),
});
