import type { NetworkEvent } from '@tributary/chain';
import { ASSET_KINDS, ZERO_ADDRESS } from '@tributary/protocol';
import { numberToHex, pad, sliceHex } from 'viem';
import * as schema from '../store/schema.ts';

type Table = (typeof schema.chainTables)[number];
/** A row for one of the tables that follow the chain. */
export type Row = {
  [T in keyof TableMap]: { table: TableMap[T]; values: Omit<TableMap[T]['$inferInsert'], Place> };
}[keyof TableMap];
type Place = 'blockNumber' | 'logIndex' | 'row' | 'txHash';
type TableMap = { [T in Table as T['_']['name']]: T };

const lower = (hex: string) => hex.toLowerCase();

/** Longest text kept of what strangers write into events; registration files may be whole data URIs. */
const MAX_TEXT = 65_536;

/** A stranger's text as the tables can hold it: PostgreSQL refuses NUL, and one refused row would stop the follower for ever. */
const textOf = (text: string) => text.slice(0, MAX_TEXT).replaceAll('\0', '\u{fffd}').toWellFormed();

/** The account behind an asset's token id. */
const accountOf = (tokenId: bigint) => pad(numberToHex(tokenId), { size: 20 });

/** The rows that an event leaves. Events that change nothing we keep leave none. */
export function rowsOf(event: NetworkEvent): Row[] {
  switch (event.source) {
    case 'assetRegistry':
      return assetRows(event);
    case 'account':
      return accountRows(event);
    case 'channels':
      return channelRows(event);
    case 'receiptLog': {
      if (event.eventName !== 'ReceiptsLogged') return [];
      const { channelId, poster, from, to, root, leavesHash } = event.args;
      return [{ table: schema.receiptRoots, values: { channelId, poster: lower(poster), from, to, root, leavesHash } }];
    }
    case 'identityRegistry':
      return agentRows(event);
    case 'reputationRegistry':
      return feedbackRows(event);
    case 'dollar':
    case 'trib': {
      if (event.eventName !== 'Transfer' || event.args.value === 0n) return [];
      const { from, to, value } = event.args;
      return [
        {
          table: schema.tokenTransfers,
          values: { token: lower(event.address), payer: lower(from), payee: lower(to), amount: value },
        },
      ];
    }
    default:
      return [];
  }
}

type EventOf<S extends NetworkEvent['source']> = Extract<NetworkEvent, { source: S }>;

function assetRows(event: EventOf<'assetRegistry'>): Row[] {
  switch (event.eventName) {
    case 'Registered': {
      const { account, owner, kind, uri, upstream, weights, dues, minter, cap } = event.args;
      return [
        {
          table: schema.assets,
          values: {
            account: lower(account),
            kind: ASSET_KINDS[kind] ?? `kind ${kind}`,
            creator: lower(owner),
            uri: textOf(uri),
            duesPpm: dues,
            minter: lower(minter),
            cap,
          },
        },
        ...upstream.map((up, i) => ({
          table: schema.upstreams,
          values: { account: lower(account), upstream: lower(up), weightPpm: weights[i] ?? 0 },
        })),
      ];
    }
    case 'Transfer':
      return [
        {
          table: schema.assetOwners,
          values: { account: accountOf(event.args.tokenId), owner: lower(event.args.to) },
        },
      ];
    case 'URISet':
      return [{ table: schema.assetUris, values: { account: lower(event.args.account), uri: textOf(event.args.uri) } }];
    default:
      return [];
  }
}

function accountRows(event: EventOf<'account'>): Row[] {
  const account = lower(event.address);
  switch (event.eventName) {
    case 'Transfer': {
      const { from, to, value } = event.args;
      return [
        {
          table: schema.shareTransfers,
          values: { account, sender: lower(from), receiver: lower(to), shares: value },
        },
      ];
    }
    case 'Claimed': {
      const { holder, dollars, tribs } = event.args;
      return [{ table: schema.payouts, values: { account, kind: 'claimed', party: lower(holder), dollars, tribs } }];
    }
    case 'OwnerPaid': {
      const { owner, dollars, tribs } = event.args;
      return [{ table: schema.payouts, values: { account, kind: 'owner_paid', party: lower(owner), dollars, tribs } }];
    }
    case 'Unpaid': {
      const { token, to, amount } = event.args;
      return [{ table: schema.unpaid, values: { account, token: lower(token), party: lower(to), amount } }];
    }
    default:
      return [];
  }
}

function channelRows(event: EventOf<'channels'>): Row[] {
  const channelEvent = (kind: string, channelId: string, amount: bigint, detail: Record<string, unknown>): Row[] => [
    { table: schema.channelEvents, values: { channelId, kind, amount, detail } },
  ];
  switch (event.eventName) {
    case 'ChannelCreated': {
      const { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt } = event.args.config;
      return [
        {
          table: schema.channels,
          values: {
            channelId: event.args.channelId,
            payer: lower(payer),
            payerAuthorizer: lower(payerAuthorizer),
            receiver: lower(receiver),
            receiverAuthorizer: lower(receiverAuthorizer),
            token: lower(token),
            withdrawDelay,
            salt,
          },
        },
      ];
    }
    case 'ChannelClosed':
      return channelEvent('closed', event.args.channelId, 0n, {});
    case 'Deposited':
      return channelEvent('deposited', event.args.channelId, event.args.amount, {
        sender: lower(event.args.sender),
        newBalance: event.args.newBalance.toString(),
      });
    case 'Refunded':
      return channelEvent('refunded', event.args.channelId, event.args.amount, {});
    case 'WithdrawInitiated':
      return channelEvent('withdraw_initiated', event.args.channelId, event.args.amount, {
        finalizeAfter: event.args.finalizeAfter,
      });
    case 'WithdrawFinalized':
      return channelEvent('withdraw_finalized', event.args.channelId, event.args.amount, {});
    case 'Claimed': {
      const { channelId, sender, claimAmount, newTotalClaimed } = event.args;
      return [
        {
          table: schema.claims,
          values: { channelId, sender: lower(sender), claimed: claimAmount, totalClaimed: newTotalClaimed },
        },
      ];
    }
    case 'ClaimedCompact':
      return compactClaims(event.args.entries).map((entry) => ({
        table: schema.claims,
        values: { ...entry, sender: lower(event.args.sender), claimed: null },
      }));
    case 'Settled': {
      const { receiver, token, amount } = event.args;
      return [{ table: schema.settlements, values: { receiver: lower(receiver), token: lower(token), amount } }];
    }
    default:
      return [];
  }
}

const COMPACT_ENTRY_BYTES = 48;

/** channelId (32) ‖ new total (16) for each claimed row (`IChannels.ClaimedCompact`). */
function compactClaims(entries: `0x${string}`): { channelId: string; totalClaimed: bigint }[] {
  return Array.from({ length: (entries.length - 2) / 2 / COMPACT_ENTRY_BYTES }, (_, i) => {
    const at = i * COMPACT_ENTRY_BYTES;
    return {
      channelId: sliceHex(entries, at, at + 32),
      totalClaimed: BigInt(sliceHex(entries, at + 32, at + COMPACT_ENTRY_BYTES)),
    };
  });
}

function agentRows(event: EventOf<'identityRegistry'>): Row[] {
  const fact = (agentId: bigint, name: string, value: string, owner: string | null = null): Row[] => [
    { table: schema.agentFacts, values: { agentId, fact: textOf(name), value: textOf(value), owner } },
  ];
  switch (event.eventName) {
    case 'Registered':
      return fact(event.args.agentId, 'uri', event.args.agentURI);
    case 'URIUpdated':
      return fact(event.args.agentId, 'uri', event.args.newURI);
    case 'Transfer': {
      const owner = lower(event.args.to);
      return owner === ZERO_ADDRESS ? [] : fact(event.args.tokenId, 'owner', owner, owner);
    }
    case 'MetadataSet':
      return fact(event.args.agentId, `metadata:${event.args.metadataKey}`, event.args.metadataValue);
    default:
      return [];
  }
}

function feedbackRows(event: EventOf<'reputationRegistry'>): Row[] {
  switch (event.eventName) {
    case 'NewFeedback': {
      const { agentId, clientAddress, feedbackIndex, value, valueDecimals, tag1, tag2, endpoint, feedbackURI } =
        event.args;
      return [
        {
          table: schema.feedback,
          values: {
            agentId,
            client: lower(clientAddress),
            index: feedbackIndex,
            value,
            decimals: valueDecimals,
            tag1: textOf(tag1),
            tag2: textOf(tag2),
            endpoint: textOf(endpoint),
            uri: textOf(feedbackURI),
          },
        },
      ];
    }
    case 'FeedbackRevoked': {
      const { agentId, clientAddress, feedbackIndex } = event.args;
      return [
        {
          table: schema.feedbackRevocations,
          values: { agentId, client: lower(clientAddress), index: feedbackIndex },
        },
      ];
    }
    default:
      return [];
  }
}
