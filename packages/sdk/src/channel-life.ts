import { type ChannelState, channels, tokens, type Writer } from '@tributary/chain';
import {
  type Address,
  type ChannelConfig,
  channelDigests,
  type Hex,
  type Hex32,
  TributaryError,
  toHex,
  ZERO_32,
} from '@tributary/protocol';
import type { Offer } from './x402.ts';

/** Seconds for which a deposit's authorization may be brought to the chain. */
const AUTHORIZATION_SECONDS = 3_600n;

/** The parties and terms of a channel to one gateway, as its offer names them. */
export function channelConfig(
  offer: Offer,
  payer: Address,
  payerAuthorizer: Address,
  salt: Hex32 = ZERO_32,
): ChannelConfig {
  return {
    payer,
    payerAuthorizer,
    receiver: offer.payTo,
    receiverAuthorizer: offer.extra.receiverAuthorizer,
    token: offer.asset,
    withdrawDelay: offer.extra.withdrawDelay,
    salt,
  };
}

/** What the payer can do with a channel on chain. Amounts are base units of the channel's token. */
export interface ChannelLife {
  readonly writer: Writer;
  state(config: ChannelConfig): Promise<ChannelState>;
  /**
   * Deposits `amount` by an EIP-3009 authorization of the payer: the first deposit opens the channel. Throws
   * `balance_too_low` when the payer does not have that much.
   */
  deposit(config: ChannelConfig, amount: bigint): Promise<Hex>;
  /** Announces a withdrawal; the gateway claims what it is owed meanwhile. Returns when it can be finished, unix seconds. */
  startWithdrawal(config: ChannelConfig, amount?: bigint): Promise<{ hash: Hex; amount: bigint; finishAfter: number }>;
  /** Sends the announced amount, as far as it is still there, to the payer. Throws `withdraw_delay_not_elapsed` too early. */
  finishWithdrawal(config: ChannelConfig): Promise<Hex>;
}

export function createChannelLife(writer: Writer): ChannelLife {
  const idOf = (config: ChannelConfig) => channelDigests(writer.chainId, writer.contracts.channels).channelId(config);
  const state = (config: ChannelConfig) => channels.state(writer, idOf(config));

  return {
    writer,
    state,

    async deposit(config, amount) {
      const { account, contracts } = writer;
      const payer = account.address.toLowerCase() as Address;
      if (payer !== config.payer) {
        throw new TributaryError('not_the_payer', `The channel's payer is ${config.payer}, the signer is ${payer}.`);
      }
      const held = await tokens.balanceOf(writer, payer, config.token);
      if (held < amount) {
        throw new TributaryError('balance_too_low', `${payer} holds ${held} base units, the deposit is ${amount}.`, {
          hint: 'Get dollars first, or deposit less.',
        });
      }
      const [domain, block] = await Promise.all([tokens.tokenDomain(writer, config.token), writer.client.getBlock()]);
      const validBefore = block.timestamp + AUTHORIZATION_SECONDS;
      const salt = toHex(crypto.getRandomValues(new Uint8Array(32)));
      const nonce = channels.depositNonce(idOf(config), salt);
      if (!account.signTypedData) {
        throw new TributaryError('signer_cannot_sign', 'This account cannot sign typed data.');
      }
      const signature = await account.signTypedData({
        domain: {
          name: domain.name,
          version: domain.version,
          chainId: domain.chainId,
          verifyingContract: domain.token,
        },
        types: { ReceiveWithAuthorization: RECEIVE_WITH_AUTHORIZATION },
        primaryType: 'ReceiveWithAuthorization',
        message: { from: payer, to: contracts.erc3009Collector, value: amount, validAfter: 0n, validBefore, nonce },
      });
      const data = channels.erc3009CollectorData({ validAfter: 0n, validBefore, salt, signature });
      const { hash } = await channels.deposit(writer, config, amount, data);
      return hash;
    },

    async startWithdrawal(config, amount) {
      const { balance, totalClaimed } = await state(config);
      const wanted = amount ?? balance - totalClaimed;
      const { hash, receipt } = await channels.initiateWithdraw(writer, config, wanted);
      const block = await writer.client.getBlock({ blockNumber: receipt.blockNumber });
      return { hash, amount: wanted, finishAfter: Number(block.timestamp) + config.withdrawDelay };
    },

    async finishWithdrawal(config) {
      const { hash } = await channels.finalizeWithdraw(writer, config);
      return hash;
    },
  };
}

const RECEIVE_WITH_AUTHORIZATION = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
] as const;
