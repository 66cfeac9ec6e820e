import { type Authorization, channels } from '@tributary/chain';
import { type Address, channelDigests, type Hex, type Hex32 } from '@tributary/protocol';
import { decodeAbiParameters } from 'viem';
import type { OnChain } from '../on-chain.ts';
import type { X402Chain } from './chain.ts';

/** The part of a chain that the x402 server touches, in memory. Transaction hashes are a counter. */
export interface FakeChain extends X402Chain {
  readonly states: Map<Hex32, OnChain>;
  readonly balances: Map<Address, bigint>;
  readonly used: Set<string>;
  readonly sent: string[];
  /** Transfers that were made. */
  readonly transfers: Set<string>;
  /** The next transaction fails. */
  failNext(): void;
}

export function createFakeChain(chainId: number, contract: Address): FakeChain {
  const digests = channelDigests(chainId, contract);
  const states = new Map<Hex32, OnChain>();
  const balances = new Map<Address, bigint>();
  const used = new Set<string>();
  const sent: string[] = [];
  const transfers = new Set<string>();
  const nameOf = (t: Pick<Authorization, 'from' | 'to' | 'value' | 'nonce'>) => [t.from, t.to, t.value, t.nonce].join();
  let fail = false;

  function transaction(what: string): Hex {
    if (fail) {
      fail = false;
      throw new Error('the chain is out of order');
    }
    sent.push(what);
    return `0x${sent.length.toString(16).padStart(64, '0')}`;
  }
  const stateOf = (id: Hex32): OnChain =>
    states.get(id) ?? { balance: 0n, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n };

  return {
    states,
    balances,
    used,
    sent,
    transfers,
    failNext() {
      fail = true;
    },
    channelState: async (id) => ({ ...stateOf(id) }),
    async deposit(config, amount, collectorData) {
      const hash = transaction('deposit');
      const id = digests.channelId(config);
      const [, , salt] = decodeAbiParameters(
        [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
        collectorData,
      );
      used.add(`${config.payer}:${channels.depositNonce(id, `0x${salt.toString(16).padStart(64, '0')}`)}`);
      states.set(id, { ...stateOf(id), balance: stateOf(id).balance + amount });
      balances.set(config.payer, (balances.get(config.payer) ?? 0n) - amount);
      return hash;
    },
    async claimAndRefund(rows, config, amount) {
      const hash = transaction('refund');
      const id = digests.channelId(config);
      for (const row of rows)
        states.set(digests.channelId(row.config), { ...stateOf(id), totalClaimed: row.totalClaimed });
      const s = stateOf(id);
      states.set(id, { ...s, balance: s.balance - amount, refundNonce: s.refundNonce + 1n });
      return hash;
    },
    balanceOf: async (owner) => balances.get(owner) ?? 0n,
    authorizationUsed: async (authorizer, nonce) => used.has(`${authorizer}:${nonce}`),
    blockNumber: async () => 1n,
    transferArrived: async (transfer) => transfers.has(nameOf(transfer)),
    async simulateTransfer() {},
    async transfer({ from, to, value, nonce }) {
      const hash = transaction('transfer');
      transfers.add(nameOf({ from, to, value, nonce }));
      used.add(`${from}:${nonce}`);
      balances.set(from, (balances.get(from) ?? 0n) - value);
      balances.set(to, (balances.get(to) ?? 0n) + value);
      return hash;
    },
  };
}
