import { accountOf, type ChannelState, channels, createReader, createWriter, type Reader } from '@tributary/chain';
import { type ApiKey, authorizerOf, newApiKey, parseApiKey } from '@tributary/payments/api-key';
import {
  type Address,
  type ChannelConfig,
  type Contracts,
  type Curve,
  channelDigests,
  fromHex,
  type Hex,
  type Hex32,
  MAX_AMOUNT,
  noble,
  type SignedReceipt,
  TributaryError,
} from '@tributary/protocol';
import type { Account, Transport } from 'viem';
import { z } from 'zod';
import type { Answer, TributaryField } from './answer.ts';
import { type AnswerStream, type AskOptions, ask, type Question, type Seal, stream } from './ask.ts';
import { createAuthority } from './authority.ts';
import { type Channel, type ChannelSession, createChannel } from './channel.ts';
import { type ChannelLife, channelConfig, createChannelLife } from './channel-life.ts';
import { toHttpError } from './http-error.ts';
import type { Trace } from './money-path.ts';
import { learnNetwork, type Network } from './network.ts';
import type { PayerBookState } from './payer-book.ts';
import { createPayingFetch } from './paying-fetch.ts';
import { sealFor } from './private.ts';
import { deriveSessionKey } from './session-key.ts';
import { trace } from './trace.ts';
import { type Verification, type VerifyOptions, verifyReceipt } from './verify-receipt.ts';

/** Half a dollar may be open at once, and a tenth quoted for one request, unless the caller says otherwise. */
const DEFAULT_MAX_OPEN = 500_000n;
const DEFAULT_MAX_PRICE = 100_000n;

export interface TributaryOptions {
  /** Base URL of the gateway, with or without `/v1`. */
  gateway: string;
  /** JSON-RPC URL of the chain. Needed to open, top up and withdraw, and to check who signed receipts. */
  rpc?: string;
  /** Reaches the chain in place of `rpc`, for example `custom(provider)` of a browser's wallet, which also sends. */
  transport?: Transport;
  /** Contract addresses the caller trusts, such as those of network.json; see `learnNetwork` for what happens without. */
  contracts?: Contracts;
  /** The payer: a private key or a viem account. */
  signer?: Hex | Account;
  /** Pays by the channel that belongs to this key, where no channel is in use here. */
  apiKey?: string;
  /** Goes on with a channel that was opened before. */
  session?: ChannelSession;
  /** The most that may be reserved for requests under way, base units of the dollar. Default 500,000 (0.50 dollars). */
  maxOpenAmount?: bigint;
  /** The most one request may be quoted at, base units. Default 100,000 (0.10 dollars). */
  maxPricePerRequest?: bigint;
  /** Signs and recovers; default: pure JavaScript. In Node, `curve` of @tributary/payments is several times faster. */
  curve?: Curve;
  fetch?: typeof fetch;
}

/** What is in a channel and what of it is spoken for, base units of the dollar. */
export interface Balance {
  channelId: Hex32;
  /** The deposit on chain; what this client last knew of it when no `rpc` is given. */
  balance: bigint;
  totalClaimed: bigint;
  /** Charged so far by this client's book; for an API key's channel only what is claimed on chain is known. */
  charged: bigint;
  /** Sum of the open reservations, and each of them. */
  open: bigint;
  reservations: PayerBookState['reservations'];
  /** Deposit less what was charged and what is open. */
  available: bigint;
}

/** A model as `GET /v1/models` lists it; unknown fields are kept. */
const Model = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  owned_by: z.string(),
  pricing: z.record(z.string(), z.string()).optional(),
});
export type Model = z.infer<typeof Model>;

/** A client of one gateway. */
export interface Tributary {
  /** Pays and checks as `ask` does: `new OpenAI({ baseURL: gateway + '/v1', apiKey: 'none', fetch: t.fetch })`. */
  readonly fetch: typeof fetch;
  ask(question: Question, options?: AskOptions): Promise<Answer>;
  stream(question: Question, options?: AskOptions): AnswerStream;
  models(): Promise<Model[]>;
  /**
   * Opens a channel to the gateway with a deposit in base units of the dollar, and pays from it from now on. Keep the
   * session that comes back: its key signs the payments. By default the key is derived from the signer, so the same
   * signer finds the same channel again; a deposit of 0 takes it into use without adding to it.
   */
  openChannel(deposit: bigint, options?: { sessionKey?: Hex32 }): Promise<ChannelSession>;
  /**
   * Adds to the channel in use, or to the API key's, which is opened by its first deposit. Resolves to the transaction's
   * hash.
   */
  topUp(amount: bigint): Promise<Hex>;
  /** The channel in use, or the API key's as the signer would open it. */
  balance(): Promise<Balance>;
  /** Announces a withdrawal of what is left, or of `amount`. The channel cannot pay any more. */
  startWithdrawal(amount?: bigint): ReturnType<ChannelLife['startWithdrawal']>;
  /** After `finishAfter`: sends the announced amount to the payer. */
  finishWithdrawal(): Promise<Hex>;
  /** Opens a channel that whoever has the new API key can pay from. The key is shown once and stored nowhere. */
  createApiKey(deposit: bigint): Promise<{ apiKey: ApiKey; channelId: Hex32; config: ChannelConfig }>;
  verifyReceipt(receipt: SignedReceipt, options?: VerifyOptions): Promise<Verification>;
  trace(receipt: SignedReceipt): Promise<Trace>;
}

/** Creates a client. Nothing is sent before the first call. */
export function createTributary(options: TributaryOptions): Tributary {
  const gateway = options.gateway.replace(/\/+$/, '').replace(/\/v1$/, '');
  const maxOpenAmount = options.maxOpenAmount ?? DEFAULT_MAX_OPEN;
  const curve = options.curve ?? noble;
  const plainFetch = options.fetch ?? globalThis.fetch;
  const apiKey = options.apiKey === undefined ? undefined : parseApiKey(options.apiKey);
  const account = options.signer === undefined ? undefined : accountOf(options.signer);
  const reachesChain = options.rpc !== undefined || options.transport !== undefined;
  const network = once(() => learnNetwork(plainFetch, gateway, options.contracts));
  let channel: Channel | null = null;
  const restored = once(async () => {
    if (options.session) channel = await takeIntoUse(options.session);
  });

  const reader = once(async (): Promise<Reader> => {
    const { chainId, contracts } = await network();
    return createReader({ ...needRpc(), chainId, contracts });
  });
  const life = once(async (): Promise<ChannelLife> => {
    if (!account) throw missing('signer', 'Pass `signer`: the payer’s private key or account.');
    const { chainId, contracts } = await network();
    return createChannelLife(createWriter({ ...needRpc(), chainId, contracts, signer: account }));
  });
  const authority = once(async () => createAuthority(await reader(), curve));

  const pay = createPayingFetch({
    gateway,
    channel: () => channel,
    apiKey,
    maxPricePerRequest: options.maxPricePerRequest ?? DEFAULT_MAX_PRICE,
    claimed: async () => (reachesChain && channel ? (await stateOf(channel.channelId)).totalClaimed : 0n),
    onAnswer: async (field: TributaryField) => {
      if (reachesChain) await (await authority()).check(field.receipt);
    },
    curve,
    fetch: plainFetch,
  });
  const seal: Seal = async (request) => sealFor(plainFetch, gateway, request, await reader(), curve);
  const payingFetch: typeof fetch = async (input, init) => {
    await restored();
    return pay(input, init);
  };

  function needRpc(): { rpc: string; transport?: Transport } {
    const { rpc, transport } = options;
    // The URL is then only a label.
    if (transport) return { rpc: rpc ?? gateway, transport };
    if (rpc) return { rpc };
    throw missing('rpc', 'Pass `rpc`: the JSON-RPC URL of the chain.');
  }

  async function stateOf(channelId: Hex32): Promise<ChannelState> {
    return channels.state(await reader(), channelId);
  }

  async function takeIntoUse(session: ChannelSession, deposited = 0n): Promise<Channel> {
    const channelId = channelDigests(session.chainId, session.channels).channelId(session.config);
    // Without an RPC endpoint the deposit is not known here; the gateway refuses what it does not cover.
    const state = reachesChain ? await stateOf(channelId) : null;
    if (state?.balance === 0n) {
      throw new TributaryError('channel_not_found', `Channel ${channelId} has no deposit.`, {
        status: 402,
        hint: 'Call openChannel with a deposit.',
      });
    }
    if (state && state.withdrawRequestedAt !== 0) {
      throw new TributaryError('withdrawal_pending', `A withdrawal is pending on channel ${channelId}.`, {
        status: 402,
        hint: 'Call finishWithdrawal when its delay is over, then openChannel.',
      });
    }
    const charged = state?.totalClaimed ?? 0n;
    const isNew = deposited > 0n && state?.balance === deposited;
    return createChannel(session, { deposit: state?.balance ?? MAX_AMOUNT, charged, maxOpenAmount, isNew, curve });
  }

  /** The channel that the signer opens for the API key. */
  async function apiKeyConfig(): Promise<ChannelConfig> {
    if (!apiKey) {
      throw new TributaryError('no_channel', 'No channel is in use.', { status: 402, hint: 'Call openChannel first.' });
    }
    const { network: n, address } = await payer();
    return channelConfig(n.offer, address, authorizerOf(apiKey));
  }

  async function payer(): Promise<{ life: ChannelLife; network: Network; address: Address; account: Account }> {
    const [l, n] = await Promise.all([life(), network()]);
    return {
      life: l,
      network: n,
      account: l.writer.account,
      address: l.writer.account.address.toLowerCase() as Address,
    };
  }

  return {
    fetch: payingFetch,
    ask: (question, o) => ask(payingFetch, gateway, question, seal, o),
    stream: (question, o) => stream(payingFetch, gateway, question, seal, o),

    async models() {
      const response = await plainFetch(`${gateway}/v1/models`);
      if (!response.ok) throw await toHttpError(response);
      return z.object({ data: z.array(Model) }).parse(await response.json()).data;
    },

    async openChannel(deposit, { sessionKey } = {}) {
      const p = await payer();
      const { offer, chainId, contracts } = p.network;
      const scope = { chainId, channels: contracts.channels, receiver: offer.payTo };
      const key = sessionKey ?? (await deriveSessionKey(p.account, scope));
      const config = channelConfig(offer, p.address, noble.addressOf(fromHex(key)));
      if (deposit > 0n) await p.life.deposit(config, deposit);
      const session: ChannelSession = { chainId, channels: contracts.channels, config, key };
      channel = await takeIntoUse(session, deposit);
      return session;
    },

    async topUp(amount) {
      await restored();
      const config = channel?.session.config ?? (await apiKeyConfig());
      const hash = await (await life()).deposit(config, amount);
      if (channel) channel.book.setDeposit((await stateOf(channel.channelId)).balance);
      return hash;
    },

    async balance() {
      await restored();
      if (channel) {
        const { book, channelId } = channel;
        const onChain = reachesChain ? await stateOf(channelId) : null;
        if (onChain) book.setDeposit(onChain.balance);
        const { charged, open, reservations, deposit } = book.state();
        const totalClaimed = onChain?.totalClaimed ?? 0n;
        return {
          channelId,
          balance: deposit,
          totalClaimed,
          charged,
          open,
          reservations,
          available: deposit - charged - open,
        };
      }
      const { chainId, contracts } = await network();
      const channelId = channelDigests(chainId, contracts.channels).channelId(await apiKeyConfig());
      const { balance, totalClaimed } = await stateOf(channelId);
      const available = balance - totalClaimed;
      return { channelId, balance, totalClaimed, charged: totalClaimed, open: 0n, reservations: [], available };
    },

    async startWithdrawal(amount) {
      await restored();
      const config = channel?.session.config ?? (await apiKeyConfig());
      const started = await (await life()).startWithdrawal(config, amount);
      channel?.book.stop(
        new TributaryError('withdrawal_pending', 'A withdrawal is pending on this channel.', {
          status: 402,
          hint: `It can be finished after ${new Date(started.finishAfter * 1000).toISOString()}.`,
        }),
      );
      return started;
    },

    async finishWithdrawal() {
      // A pending withdrawal keeps the channel from being taken into use, so the session itself is asked.
      const session = channel?.session ?? options.session;
      return (await life()).finishWithdrawal(session?.config ?? (await apiKeyConfig()));
    },

    async createApiKey(deposit) {
      const p = await payer();
      const key = newApiKey();
      const config = channelConfig(p.network.offer, p.address, authorizerOf(key));
      await p.life.deposit(config, deposit);
      const { chainId, contracts } = p.network;
      return { apiKey: key, channelId: channelDigests(chainId, contracts.channels).channelId(config), config };
    },

    verifyReceipt: async (receipt, o) => verifyReceipt(await reader(), receipt, o),
    trace: async (receipt) => trace(await reader(), receipt),
  };
}

function missing(param: string, hint: string): TributaryError {
  return new TributaryError('missing_option', `The client was created without ${param}.`, { param, hint });
}

/** Runs an asynchronous step once; a failure is not kept, so the next call tries again. */
function once<T>(run: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | null = null;
  return () => {
    started ??= run().catch((error: unknown) => {
      started = null;
      throw error;
    });
    return started;
  };
}
