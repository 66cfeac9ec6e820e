import { CANONICAL_DOLLAR } from '@tributary/chain';
import { type Address, CANONICAL, Contracts, TributaryError } from '@tributary/protocol';
import { z } from 'zod';
import { toHttpError } from './http-error.ts';
import { chainIdOf, type Offer, readPaymentRequired } from './x402.ts';

/** What a client needs to know of the network behind a gateway. */
export interface Network {
  offer: Offer;
  chainId: number;
  contracts: Contracts;
}

const NetworkAnswer = z.looseObject({ contracts: Contracts });

/**
 * Asks a gateway on what terms it is paid, and where the contracts are. What holds money is not taken from the gateway:
 * without `given`, `Channels` and its collector are x402's canonical ones, and on chains where we know the dollar, the
 * offer must be in it.
 *
 * @param given Addresses the caller trusts, such as those of `network.json`.
 */
export async function learnNetwork(
  send: typeof fetch,
  gateway: string,
  given: Contracts | undefined,
): Promise<Network> {
  const answer = await send(`${gateway}/v1/chat/completions`);
  const required = readPaymentRequired(answer.headers);
  if (!required) {
    if (!answer.ok && answer.status !== 402) throw await toHttpError(answer);
    throw new TributaryError('no_channel_offer', 'The gateway does not offer payment by channel.', { status: 502 });
  }
  const { offer } = required;
  const chainId = chainIdOf(offer);
  const contracts = given ?? (await askContracts(send, gateway));
  checkDollar(offer, CANONICAL_DOLLAR[chainId] ?? contracts.dollar);
  return { offer, chainId, contracts };
}

async function askContracts(send: typeof fetch, gateway: string): Promise<Contracts> {
  const response = await send(`${gateway}/tributary/network`);
  if (!response.ok) throw await toHttpError(response);
  const parsed = NetworkAnswer.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) {
    throw new TributaryError('contracts_unknown', 'The gateway does not say where the contracts are.', {
      status: 502,
      hint: 'Pass `contracts`, for example from network.json.',
    });
  }
  const { channels, erc3009Collector } = CANONICAL;
  return { ...parsed.data.contracts, channels, erc3009Collector };
}

function checkDollar(offer: Offer, dollar: Address): void {
  if (offer.asset === dollar) return;
  throw new TributaryError(
    'unexpected_token',
    `The gateway asks to be paid in ${offer.asset}, the dollar is ${dollar}.`,
    {
      status: 402,
      hint: 'Do not deposit. Check the gateway’s URL and the network.',
    },
  );
}
