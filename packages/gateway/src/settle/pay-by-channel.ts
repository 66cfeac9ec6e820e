import { authorizerOf, type HubBook, parseApiKey, type ReserveRequest } from '@tributary/payments';
import { type Curve, type Hex32, TributaryError } from '@tributary/protocol';
import type { Hold, Payer } from './payer.ts';

/** A reservation in the hub book as a hold. */
export async function holdChannel(hub: HubBook, request: ReserveRequest): Promise<Hold> {
  const { requestId, channelId } = await hub.reserveWhenFree(request);
  return {
    charge(amount) {
      const charge = hub.charge(requestId, amount);
      return { payerChannelId: channelId, payerFrom: charge.payerFrom, payerTo: charge.payerTo, charge };
    },
    release: () => hub.release(requestId),
  };
}

/** Finds a channel that the book does not know yet, by asking the chain. */
export type FindChannel = (authorizer: string) => Promise<void>;

/**
 * Who pays for a request with `Authorization: Bearer trib_…`.
 * @throws `invalid_api_key` (401)
 */
export function payByApiKey(bearer: string, hub: HubBook, curve: Curve, findChannel: FindChannel): Payer {
  const apiKey = parseApiKey(bearer);
  const authorizer = authorizerOf(apiKey, curve);
  return {
    id: `key ${authorizer}`,
    proven: true,
    async hold(requestId: Hex32, amount: bigint) {
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
