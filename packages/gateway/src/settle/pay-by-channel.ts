import {
  authorizerOf,
  chargedResponse,
  encodeHeader,
  HEADER_PAYMENT_RESPONSE,
  type HubBook,
  parseApiKey,
  type ReserveRequest,
} from '@tributary/payments';
import { type Address, type Curve, type Hex, TributaryError } from '@tributary/protocol';
import type { Hold, Payer } from './payer.ts';

/** A reservation in the hub book as a hold. */
export async function holdChannel(hub: HubBook, request: ReserveRequest): Promise<Hold> {
  const { requestId, channelId } = await hub.reserveWhenFree(request);
  return {
    charge(amount) {
      const charge = hub.charge(requestId, amount);
      return { payerChannelId: channelId, payerFrom: charge.payerFrom, payerTo: charge.payerTo, charge, exact: null };
    },
    release: () => hub.release(requestId),
  };
}

/**
 * The same with the header that x402 clients keep their total by. A stream's header says what is true when it starts:
 * nothing charged yet. The client learns of the charge by the next corrective 402.
 */
export async function holdX402Channel(
  hub: HubBook,
  request: ReserveRequest,
  context: { chainId: number; deposit: { transaction: Hex; amount: bigint } | null },
): Promise<Hold> {
  const hold = await holdChannel(hub, request);
  const { charged } = hub.channel(request.channelId)!;
  let interval = { payerFrom: charged, payerTo: charged };
  return {
    ...hold,
    charge(amount) {
      const side = hold.charge(amount);
      interval = side;
      return side;
    },
    headers() {
      const channel = hub.channel(request.channelId)!;
      return {
        [HEADER_PAYMENT_RESPONSE]: encodeHeader(chargedResponse(context.chainId, channel, interval, context.deposit)),
      };
    },
  };
}

/**
 * Who pays for a request with `Authorization: Bearer trib_…`.
 *
 * @param findChannel looks on chain for channels of a voucher key that the book does not know
 * @throws `invalid_api_key` (401)
 */
export function payByApiKey(
  bearer: string,
  hub: HubBook,
  curve: Curve,
  findChannel: (authorizer: Address) => Promise<void>,
): Payer {
  const apiKey = parseApiKey(bearer);
  const authorizer = authorizerOf(apiKey, curve);
  return {
    id: `key ${authorizer}`,
    proven: true,
    async hold(requestId, amount) {
      let channelId = hub.channelOfApiKey(apiKey);
      if (!channelId) {
        await findChannel(authorizer);
        channelId = hub.channelOfApiKey(apiKey);
      }
      if (!channelId) {
        throw new TributaryError('channel_not_found', 'No channel with a deposit belongs to this API key.', {
          status: 402,
          hint: 'Open one with `tributary` or the SDK; a fresh deposit is seen a few seconds after its block.',
        });
      }
      return holdChannel(hub, { channelId, requestId, amount, pay: { kind: 'apiKey', apiKey } });
    },
  };
}
