import { assets, identity, type Reader } from '@tributary/chain';
import {
  type Address,
  type Curve,
  cardDigest,
  type Hex,
  ServiceCard,
  SignedServiceCard,
  sameHex,
  TributaryError,
} from '@tributary/protocol';
import type { GuardedFetch } from '@tributary/work';

const MAX_CARD_BYTES = 256 * 1024;
const CARD_TIMEOUT_MS = 5_000;

function refuse(account: Address, why: string, cause?: unknown): TributaryError {
  return new TributaryError('card_refused', `The card of service ${account} is not acceptable: ${why}.`, {
    status: 502,
    cause,
  });
}

/** A card that passed every check of spec/wire.md, and who signs the service's receipts. */
export interface CheckedCard {
  account: Address;
  card: ServiceCard;
  agentWallet: Hex;
  /** Card and signature as served, so that others can check them as well. */
  signed: SignedServiceCard;
}

/**
 * Fetches a service's card from its asset URI and checks it by spec/wire.md, "Discovery".
 * @throws `card_refused` saying why
 */
export async function fetchCard(
  deps: { reader: Reader; fetch: GuardedFetch; curve: Curve },
  account: Address,
  uri: string,
): Promise<CheckedCard> {
  const { reader, curve } = deps;
  let json: unknown;
  try {
    const response = await deps.fetch(uri, { maxBytes: MAX_CARD_BYTES, timeoutMs: CARD_TIMEOUT_MS, maxRedirects: 0 });
    if (response.status !== 200) throw new RangeError(`status ${response.status}`);
    json = response.json();
  } catch (cause) {
    throw refuse(
      account,
      `${uri} does not answer with it (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    );
  }
  const signed = SignedServiceCard.safeParse(json);
  const parsed = ServiceCard.safeParse(signed.data?.card);
  if (!signed.success || !parsed.success) {
    const issue = (parsed.error ?? signed.error)?.issues[0];
    throw refuse(account, `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const card = parsed.data;
  if (card.service !== account) throw refuse(account, `it is for ${card.service}`);
  if (card.chainId !== reader.chainId) throw refuse(account, `it is for chain ${card.chainId}`);
  if (!sameHex(card.price.token, reader.contracts.dollar)) throw refuse(account, 'its price is not in the dollar');
  if (new URL(card.endpoint).origin !== new URL(uri).origin) throw refuse(account, 'its endpoint is at another origin');
  const [kind, upstream, assetOwner, agentOwner, agentWallet] = await Promise.all([
    assets.kindOf(reader, account),
    assets.upstream(reader, account),
    assets.ownerOf(reader, account),
    identity.ownerOf(reader, card.agentId),
    identity.agentWallet(reader, card.agentId),
  ]);
  if (kind !== 'service') throw refuse(account, `the asset is a ${kind}`);
  if (!upstream.some((u) => sameHex(u.account, card.model.asset))) {
    throw refuse(account, `its model ${card.model.asset} is not upstream of it, so its makers would go unpaid`);
  }
  if (!sameHex(assetOwner, agentOwner)) throw refuse(account, 'the identity belongs to somebody else');
  const signer = curve.recover(
    cardDigest(signed.data.card, reader.chainId, reader.contracts.receiptLog),
    signed.data.signature,
  );
  if (agentWallet === null || signer === null || !sameHex(signer, agentWallet)) {
    throw refuse(account, "it is not signed by the identity's wallet");
  }
  return { account, card, agentWallet, signed: signed.data };
}
