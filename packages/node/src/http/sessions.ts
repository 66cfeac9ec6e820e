import { curve } from '@tributary/payments';
import {
  MAX_SESSION_SECONDS,
  SessionRequest,
  sameHex,
  sessionDigest,
  TributaryError,
  toWire,
  ZERO_ADDRESS,
} from '@tributary/protocol';
import type { NodeState } from '../state.ts';
import type { NodeApp } from './app.ts';
import { readBody } from './body.ts';

const MAX_SESSION_BYTES = 16 * 1024;
/** Each one costs two reads of the chain, so strangers may not have many under way. */
const MAX_OPENING = 32;

/** `POST /sessions`: a gateway shows that it holds a channel's voucher key, and gets a token for its questions. */
export function sessionRoutes(app: NodeApp, state: NodeState): void {
  let opening = 0;

  app.post('/sessions', async (c) => {
    const { config, expiresAt, signature } = await readBody(c, MAX_SESSION_BYTES, SessionRequest);
    const now = state.nowSeconds();
    if (expiresAt <= now || expiresAt > now + MAX_SESSION_SECONDS) {
      throw new TributaryError(
        'invalid_value',
        `expiresAt is ${expiresAt}, expected ${now + 1} to ${now + MAX_SESSION_SECONDS}.`,
        {
          param: 'expiresAt',
        },
      );
    }
    const service = state.services.get(config.receiver);
    if (!service) {
      throw new TributaryError('service_not_found', `This node does not offer ${config.receiver}.`, {
        status: 404,
        param: 'config.receiver',
      });
    }
    const { chainId, receiptLog } = state.network;
    const channelId = state.network.channelId(config);
    const digest = sessionDigest(chainId, receiptLog, { channelId, endpoint: state.endpoint, expiresAt });
    const signer = curve.recover(digest, signature);
    if (signer === null || sameHex(signer, ZERO_ADDRESS) || !sameHex(signer, config.payerAuthorizer)) {
      throw new TributaryError('session_signature', "The session is not signed by the channel's payerAuthorizer.", {
        status: 401,
        param: 'signature',
        hint: `Sign channelId ${channelId}, endpoint ${state.endpoint} and expiresAt in the domain of chain ${chainId}.`,
      });
    }
    if (opening >= MAX_OPENING) {
      throw new TributaryError('busy', 'Too many sessions are being opened.', { status: 503, retryable: true });
    }
    opening++;
    try {
      await state.spokes.open(config, channelId);
    } finally {
      opening--;
    }
    const coveredTo = state.book.channel(channelId)?.coveredTo ?? 0n;
    const token = state.tokens.issue({ channelId, service: service.account, expiresAt });
    return new Response(toWire({ token, coveredTo, expiresAt }), { headers: { 'content-type': 'application/json' } });
  });
}
