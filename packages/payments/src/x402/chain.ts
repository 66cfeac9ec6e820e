import { type Authorization, type ClaimRow, channels, type Sent, tokens, type Writer } from '@tributary/chain';
import { type Address, type ChannelConfig, type Hex, type Hex32, sameHex } from '@tributary/protocol';
import { parseEventLogs } from 'viem';
import type { OnChain } from '../on-chain.ts';

/** What the x402 server does on chain. `x402Chain(writer)` is the real one. */
export interface X402Chain {
  channelState(channelId: Hex32): Promise<OnChain>;
  /** Deposits by the payer's signature; resolves with the transaction when it is in a block. */
  deposit(config: ChannelConfig, amount: bigint, collectorData: Hex): Promise<Hex>;
  /** Claims the rows (may be none), then refunds. By the gateway's account, which is the receiverAuthorizer. */
  claimAndRefund(rows: readonly ClaimRow[], config: ChannelConfig, amount: bigint): Promise<Hex>;
  balanceOf(owner: Address): Promise<bigint>;
  authorizationUsed(authorizer: Address, nonce: Hex32): Promise<boolean>;
  /** The newest block, as seen at most some seconds ago. */
  blockNumber(): Promise<bigint>;
  /** Whether exactly this transfer was made, in block `fromBlock` or later. */
  transferArrived(
    transfer: Pick<Authorization, 'from' | 'to' | 'value' | 'nonce'>,
    fromBlock: bigint,
  ): Promise<boolean>;
  /** Throws when the transfer would fail now. */
  simulateTransfer(authorization: Authorization, signature: Hex): Promise<void>;
  /** Moves the tokens; throws unless the token's own Transfer event says the same. */
  transfer(authorization: Authorization, signature: Hex): Promise<Hex>;
}

const TRANSFER_EVENT = [
  {
    type: 'event',
    name: 'Transfer',
    inputs: [
      { name: 'from', type: 'address', indexed: true },
      { name: 'to', type: 'address', indexed: true },
      { name: 'value', type: 'uint256', indexed: false },
    ],
  },
] as const;

/** The chain behind a writer whose account is the gateway's: receiver and receiverAuthorizer of its channels. */
export function x402Chain(writer: Writer): X402Chain {
  return {
    channelState: (channelId) => channels.state(writer, channelId),
    async deposit(config, amount, collectorData) {
      return (await channels.deposit(writer, config, amount, collectorData)).hash;
    },
    async claimAndRefund(rows, config, amount) {
      const sent: Sent =
        rows.length > 0
          ? await channels.claimAndRefund(writer, rows, config, amount)
          : await channels.refund(writer, config, amount);
      return sent.hash;
    },
    balanceOf: (owner) => tokens.balanceOf(writer, owner),
    authorizationUsed: (authorizer, nonce) => tokens.authorizationState(writer, authorizer, nonce),
    blockNumber: () => writer.client.getBlockNumber(),
    transferArrived: (transfer, fromBlock) => tokens.transferArrived(writer, transfer, fromBlock),
    simulateTransfer: (authorization, signature) =>
      tokens.simulateTransferWithAuthorization(writer, authorization, signature),
    async transfer(authorization, signature) {
      const { hash, receipt } = await tokens.transferWithAuthorization(writer, authorization, signature);
      const { from, to, value } = authorization;
      const moved = parseEventLogs({ abi: TRANSFER_EVENT, logs: receipt.logs }).some(
        ({ address, args }) =>
          sameHex(address, writer.contracts.dollar) &&
          sameHex(args.from, from) &&
          sameHex(args.to, to) &&
          args.value === value,
      );
      if (!moved) throw new Error(`transaction ${hash} moved nothing although it succeeded`);
      return hash;
    },
  };
}
