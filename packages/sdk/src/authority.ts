import { assets, identity, type Reader } from '@tributary/chain';
import { type Address, type Curve, type SignedReceipt, sameHex, TributaryError } from '@tributary/protocol';
import { findChannel } from './claims.ts';
import { type Check, checkReceipt, type ReceiptFacts } from './receipt-check.ts';

/** Whether those who signed a receipt had the right to, by the chain. */
export async function checkAuthority(reader: Reader, signed: SignedReceipt, facts: ReceiptFacts): Promise<Check[]> {
  const own: Check[] = [
    {
      name: 'chain',
      ok: signed.chainId === reader.chainId,
      detail: `receipt of chain ${signed.chainId}, asked chain ${reader.chainId}`,
    },
    {
      name: 'receipt log',
      ok: sameHex(signed.receiptLog, reader.contracts.receiptLog),
      detail: `receipt names ${signed.receiptLog}, the network's is ${reader.contracts.receiptLog}`,
    },
  ];
  if (own.some((c) => c.ok === false)) return own;
  return [...own, ...(await checkProvider(reader, signed, facts)), ...(await checkPayer(reader, signed, facts))];
}

/** Answers null where the chain says that the thing does not exist, and throws where the chain did not answer. */
export async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (TributaryError.is(error) && error.code !== 'rpc_unreachable') return null;
    throw error;
  }
}

async function checkProvider(reader: Reader, signed: SignedReceipt, facts: ReceiptFacts): Promise<Check[]> {
  const { receipt } = signed;
  const { service, agentId } = receipt;
  if (!(await assets.isAsset(reader, service))) {
    return [{ name: 'service is registered', ok: false, detail: `${service} is no asset of this network` }];
  }
  const [kind, assetOwner, agentOwner] = await Promise.all([
    assets.kindOf(reader, service),
    assets.ownerOf(reader, service),
    orNull(identity.ownerOf(reader, agentId)),
  ]);
  const sameOwner = agentOwner !== null && sameHex(agentOwner, assetOwner);
  return [
    { name: 'service is registered', ok: kind === 'service', detail: `${service} is a ${kind}` },
    {
      name: 'identity belongs to the service',
      ok: sameOwner,
      detail: sameOwner
        ? `agent ${agentId} and the service are both ${assetOwner}'s`
        : `agent ${agentId} is ${agentOwner ?? 'nobody'}'s, the service is ${assetOwner.toLowerCase()}'s`,
    },
    await checkSigner(reader, agentId, facts.providerSigner, receipt.issuedAt),
  ];
}

/** The signer must be the identity's wallet now, or have been it when the receipt was issued. */
async function checkSigner(reader: Reader, agentId: bigint, signer: Address | null, issuedAt: number): Promise<Check> {
  const name = 'provider had the right to sign';
  if (signer === null) return { name, ok: false, detail: 'the signature is malformed' };
  const now = await orNull(identity.agentWallet(reader, agentId));
  if (now && sameHex(now, signer)) return { name, ok: true, detail: `${signer} is the wallet of agent ${agentId}` };
  const history = await identity.agentWallets(reader, agentId);
  const times = await Promise.all(
    history.map(async (h) => Number((await reader.client.getBlock({ blockNumber: h.blockNumber })).timestamp)),
  );
  const ok = history.some(
    (h, i) =>
      h.wallet !== null &&
      sameHex(h.wallet, signer) &&
      issuedAt >= (times[i] ?? 0) &&
      issuedAt <= (times[i + 1] ?? Number.POSITIVE_INFINITY),
  );
  return {
    name,
    ok,
    detail: ok
      ? `${signer} was the wallet of agent ${agentId} when the receipt was issued`
      : `${signer} was not the wallet of agent ${agentId} then; now it is ${now ?? 'none'}`,
  };
}

/** The payment must be signed by the voucher key of a channel that pays the service through the SpokeAuthorizer. */
async function checkPayer(reader: Reader, signed: SignedReceipt, facts: ReceiptFacts): Promise<Check[]> {
  const { payment, receipt } = signed;
  if (payment.from === payment.to) {
    return [{ name: 'paying channel', ok: true, detail: 'a free answer: nothing was promised' }];
  }
  const config = await findChannel(reader, payment.channelId);
  if (!config) {
    return [{ name: 'paying channel', ok: false, detail: `channel ${payment.channelId} was never funded` }];
  }
  const pays = sameHex(config.receiver, receipt.service) && sameHex(config.token, receipt.token);
  const bound = sameHex(config.receiverAuthorizer, reader.contracts.spokeAuthorizer);
  const key = facts.gatewaySigner;
  return [
    { name: 'paying channel', ok: pays, detail: `pays ${config.receiver} in ${config.token}` },
    {
      name: 'claims are bound to the promise',
      ok: bound,
      detail: `the channel's receiverAuthorizer is ${config.receiverAuthorizer}`,
    },
    {
      name: 'gateway had the right to sign',
      ok: key !== null && sameHex(config.payerAuthorizer, key),
      detail: `payment signed by ${key ?? 'nobody'}, the channel's voucher key is ${config.payerAuthorizer}`,
    },
  ];
}

/** Checks the signers of answers as they come, and remembers for a while whom it found to be in the right. */
export interface Authority {
  /** Throws `gateway_lied` when a signer had no right to sign. */
  check(signed: SignedReceipt): Promise<void>;
}

/** How long a found authority is believed without asking again. */
const BELIEVED_MS = 60_000;
const MAX_BELIEVED = 1_024;

export function createAuthority(reader: Reader, curve?: Curve): Authority {
  const believed = new Map<string, number>();
  return {
    async check(signed) {
      const facts = checkReceipt(signed, {}, curve);
      const { agentId, service } = signed.receipt;
      const key = [agentId, service, facts.providerSigner, facts.gatewaySigner, signed.payment.channelId].join();
      if ((believed.get(key) ?? 0) > Date.now()) return;
      const failed = (await checkAuthority(reader, signed, facts)).filter((c) => c.ok === false);
      if (failed.length > 0) {
        const what = failed.map((c) => `${c.name} (${c.detail})`).join('; ');
        throw new TributaryError('gateway_lied', `The receipt's signers do not hold: ${what}.`, {
          status: 502,
          hint: 'Nothing more is signed for this gateway. Keep the answer and the receipt as evidence.',
        });
      }
      believed.delete(key);
      believed.set(key, Date.now() + BELIEVED_MS);
      if (believed.size > MAX_BELIEVED) believed.delete(believed.keys().next().value!);
    },
  };
}
