import type { Address, ChannelConfig, ChannelDigests, Hex32, Voucher } from '@tributary/protocol';
import type { OnChain } from './on-chain.ts';
import { refuse } from './refusals.ts';

/** A channel of the hub book, as the book changes it. */
export interface Channel {
  readonly id: Hex32;
  readonly config: ChannelConfig;
  onChain: OnChain | null;
  /** Includes charges that are not applied yet. */
  charged: bigint;
  /** Charges that are on disk. */
  applied: bigint;
  reserved: bigint;
  /** The part of `reserved` that was promised by vouchers; the ceiling always covers charged + vouched. */
  vouched: bigint;
  voucher: Voucher | null;
  open: number;
  exclusive: boolean;
  waiting: (() => void)[];
}

/** A channel whose state on chain was read since the start. */
export type ReadChannel = Channel & { onChain: OnChain };

/** The channels of the hub book, by id and by the key that signs for them. */
export interface HubChannels {
  /** Adds a channel, or raises the charged total of a known one. */
  add(config: ChannelConfig, charged: bigint): Channel;
  get(channelId: Hex32): Channel | undefined;
  all(): Channel[];
  idsOf(authorizer: Address): readonly Hex32[];
  /** Throws 402 unless the channel is known and was read since the start. */
  find(channelId: Hex32): ReadChannel;
  remove(channelId: Hex32): void;
}

export function createHubChannels(digests: ChannelDigests): HubChannels {
  const channels = new Map<Hex32, Channel>();
  const byAuthorizer = new Map<Address, Hex32[]>();

  function add(config: ChannelConfig, charged: bigint): Channel {
    const id = digests.channelId(config);
    const known = channels.get(id);
    if (known) {
      known.charged = max(known.charged, charged);
      known.applied = max(known.applied, charged);
      return known;
    }
    const channel: Channel = {
      id,
      config,
      onChain: null,
      charged,
      applied: charged,
      reserved: 0n,
      vouched: 0n,
      voucher: null,
      open: 0,
      exclusive: false,
      waiting: [],
    };
    channels.set(id, channel);
    const siblings = byAuthorizer.get(config.payerAuthorizer);
    if (siblings) siblings.push(id);
    else byAuthorizer.set(config.payerAuthorizer, [id]);
    return channel;
  }

  function find(channelId: Hex32): ReadChannel {
    const channel = channels.get(channelId);
    if (!channel) {
      throw refuse('channel_not_found', `Channel ${channelId} is not known here.`, {
        hint: 'Open it by a deposit, or wait until the deposit is in a block.',
      });
    }
    if (!channel.onChain) {
      throw refuse('verification_state_unavailable', `Channel ${channelId} was not read from the chain yet.`, {
        retryable: true,
      });
    }
    return channel as ReadChannel;
  }

  function remove(channelId: Hex32): void {
    const channel = channels.get(channelId);
    if (!channel) return;
    channels.delete(channelId);
    const siblings = (byAuthorizer.get(channel.config.payerAuthorizer) ?? []).filter((id) => id !== channelId);
    if (siblings.length > 0) byAuthorizer.set(channel.config.payerAuthorizer, siblings);
    else byAuthorizer.delete(channel.config.payerAuthorizer);
  }

  return {
    add,
    find,
    remove,
    get: (channelId) => channels.get(channelId),
    all: () => [...channels.values()],
    idsOf: (authorizer) => byAuthorizer.get(authorizer) ?? [],
  };
}

export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
