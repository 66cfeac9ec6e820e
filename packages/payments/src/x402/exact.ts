import { type Authorization, tokens } from '@tributary/chain';
import { type Address, fromHex, type Hex32, keccak, sameHex, TributaryError, toHex } from '@tributary/protocol';
import type { ExactOptions, ExactPayments, ExactRecord } from './exact-types.ts';
import { ExactPayload, type Requirements } from './schemas.ts';

/** Seconds a transfer must still be valid, so that it can reach a block. */
const MARGIN_SECONDS = 6n;
/** A used nonce without its transfer is believed after this, seconds: nodes of a chain do not know a block all at once. */
const SURE_SECONDS = 600;
/** Between two looks for one transfer, seconds: each costs a read, and some are valid for years. */
const FIRST_PAUSE_SECONDS = 15;
const LONGEST_PAUSE_SECONDS = 3_600;
const FOREVER = (1n << 64n) - 1n;
const REFUND_LABEL = new TextEncoder().encode('tributary exact refund');

type Settling = Extract<ExactRecord, { kind: 'exact.settling' }>;
type RefundDue = Extract<ExactRecord, { kind: 'exact.refund_due' }>;

/** When a payment is looked for next, and since when its nonce is used. Unix seconds. */
interface Seen {
  lookAt: number;
  pauseSeconds: number;
  usedAt: number | null;
}

function refuse(reason: string, message: string, cause?: unknown): TributaryError {
  return new TributaryError(`invalid_exact_evm_${reason}`, message, { status: 402, cause });
}

/** keccak256(label ‖ payer ‖ nonce): one refund for one payment. A nonce alone may be copied by another payer. */
function refundNonce(payer: Address, nonce: Hex32): Hex32 {
  const data = new Uint8Array(REFUND_LABEL.length + 52);
  data.set(REFUND_LABEL);
  data.set(fromHex(payer), REFUND_LABEL.length);
  data.set(fromHex(nonce), REFUND_LABEL.length + 20);
  return toHex(keccak(data));
}

export function createExactPayments(options: ExactOptions): ExactPayments {
  const { chain, curve, token, gatewayKey } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));
  const gateway = curve.addressOf(gatewayKey);
  /** Payments that a request of this process works on, and what of them has still to move. */
  const aside = new Map<string, { payer: Address; amount: bigint }>();
  /** Payments about to be sent or sent, whose answer is owed. */
  const owed = new Map<string, { settling: Settling; seen: Seen }>();
  const due = new Map<string, RefundDue>();
  const idOf = (t: { payer: string; nonce: string }) => `${t.payer}:${t.nonce}`;
  const transferOf = (p: { payer: `0x${string}`; authorization: Authorization }) => ({
    payer: p.payer,
    nonce: p.authorization.nonce,
  });

  function check({ authorization, signature }: ExactPayload, offer: Requirements): void {
    const { from, to, value, validAfter, validBefore } = authorization;
    const time = BigInt(now());
    if (!sameHex(to, offer.payTo)) throw refuse('recipient_mismatch', `The transfer goes to ${to}.`);
    const signer = curve.recover(tokens.authorizationDigest('transfer', token, authorization), signature);
    if (signer === null && /^0x[0-9a-f]{130}$/.test(signature)) {
      // The token reverts for a high s or another v; the official server finds out by simulation and says so.
      throw refuse('transaction_simulation_failed', 'The token does not take this form of signature.');
    }
    if (signer === null || !sameHex(signer, from)) throw refuse('signature', `The transfer is not signed by ${from}.`);
    if (validBefore < time + MARGIN_SECONDS) {
      throw refuse('payload_authorization_valid_before', `The transfer ends at ${validBefore}, now is ${time}.`);
    }
    if (validAfter > time) throw refuse('payload_authorization_valid_after', `The transfer starts at ${validAfter}.`);
    if (value.toString() !== offer.amount) {
      throw refuse(
        'payload_authorization_value_mismatch',
        `The transfer is of ${value}, the price is ${offer.amount}.`,
      );
    }
  }

  /** Base units that a payer's requests under way have still to bring, up to payment `id`: who came first, is served first. */
  function promisedBy(payer: Address, id: string): bigint {
    let sum = 0n;
    for (const [other, { payer: by, amount }] of aside) {
      if (by === payer) sum += amount;
      if (other === id) break;
    }
    return sum;
  }

  /** Returns the block from which on the transfer can be found. */
  async function checkOnChain(authorization: Authorization, signature: `0x${string}`): Promise<bigint> {
    const block = await chain.blockNumber();
    if (await chain.authorizationUsed(authorization.from, authorization.nonce)) {
      throw refuse('nonce_already_used', 'This transfer was made before.');
    }
    const balance = await chain.balanceOf(authorization.from);
    // One balance behind many transfers: all would be answered, one would pay.
    const promised = promisedBy(authorization.from, idOf({ payer: authorization.from, nonce: authorization.nonce }));
    if (balance < promised) {
      throw refuse(
        'insufficient_balance',
        `${authorization.from} holds ${balance} base units, its requests under way cost ${promised}.`,
      );
    }
    await chain.simulateTransfer(authorization, signature).catch((cause: unknown) => {
      throw refuse('transaction_simulation_failed', 'The token refuses the transfer.', cause);
    });
    return block;
  }

  /** What became of a payment that was about to be sent: the record that ends it, or null while that cannot be told. */
  async function look(
    { payer, nonce, amount, validBefore, fromBlock }: Settling,
    seen: Seen,
  ): Promise<ExactRecord | null> {
    const closed: ExactRecord = { kind: 'exact.closed', payer, nonce };
    if (!(await chain.authorizationUsed(payer, nonce))) return BigInt(validBefore) < BigInt(now()) ? closed : null;
    // A used nonce does not say that money came: its owner may have cancelled it, or moved other money with it.
    const arrived = await chain.transferArrived({ from: payer, to: gateway, value: amount, nonce }, fromBlock);
    if (arrived) return { kind: 'exact.refund_due', payer, nonce, amount };
    seen.usedAt ??= now();
    return now() >= seen.usedAt + SURE_SECONDS ? closed : null;
  }

  return {
    async verify(payment, offer, requestId, beforeChain) {
      const parsed = ExactPayload.safeParse(payment.payload);
      if (!parsed.success) {
        throw refuse('payload', `The payload is malformed at ${parsed.error.issues[0]?.path.join('.') || 'the top'}.`);
      }
      const { authorization, signature } = parsed.data;
      check(parsed.data, offer);
      const id = idOf({ payer: authorization.from, nonce: authorization.nonce });
      if (aside.has(id) || due.has(id)) throw refuse('nonce_already_used', 'This transfer pays for another request.');
      aside.set(id, { payer: authorization.from, amount: authorization.value });
      try {
        beforeChain?.();
        const fromBlock = await checkOnChain(authorization, signature);
        return {
          requestId,
          payer: authorization.from,
          amount: authorization.value,
          authorization,
          signature,
          fromBlock,
        };
      } catch (error) {
        aside.delete(id);
        throw error;
      }
    },
    release(payment) {
      aside.delete(idOf(transferOf(payment)));
    },
    settling(payment) {
      const { requestId, amount, authorization, fromBlock } = payment;
      const validBefore = authorization.validBefore.toString();
      return { kind: 'exact.settling', ...transferOf(payment), requestId, amount, validBefore, fromBlock };
    },
    async settle(payment) {
      try {
        const transaction = await chain.transfer(payment.authorization, payment.signature);
        const entry = aside.get(idOf(transferOf(payment)));
        if (entry) entry.amount = 0n;
        return { kind: 'exact.settled', ...transferOf(payment), transaction };
      } catch (cause) {
        // Whether it reached a block after all is for `recover` to find out.
        aside.delete(idOf(transferOf(payment)));
        throw refuse('transaction_failed', 'The transfer did not get into a block.', cause);
      }
    },
    answered: (payment) => ({ kind: 'exact.closed', ...transferOf(payment) }),
    refund: (payment) => ({ kind: 'exact.refund_due', ...transferOf(payment), amount: payment.amount }),
    async recover() {
      const records: ExactRecord[] = [];
      for (const [id, entry] of owed) {
        if (aside.has(id) || entry.seen.lookAt > now()) continue;
        const record = await look(entry.settling, entry.seen);
        // Meanwhile a new request may have brought this payment: then it is that one's.
        if (aside.has(id) || owed.get(id) !== entry) continue;
        if (record) records.push(record);
        else {
          entry.seen.lookAt = now() + entry.seen.pauseSeconds;
          entry.seen.pauseSeconds = Math.min(2 * entry.seen.pauseSeconds, LONGEST_PAUSE_SECONDS);
        }
      }
      return records;
    },
    async *payRefunds() {
      for (const { payer, nonce, amount } of due.values()) {
        const nonceBack = refundNonce(payer, nonce);
        const transfer = { from: gateway, to: payer, value: amount, validAfter: 0n, validBefore: FOREVER };
        const authorization: Authorization = { ...transfer, nonce: nonceBack };
        const done = await chain.authorizationUsed(gateway, nonceBack);
        const signature = curve.sign(tokens.authorizationDigest('transfer', token, authorization), gatewayKey);
        const transaction = done ? '' : await chain.transfer(authorization, signature);
        yield { kind: 'exact.refunded', payer, nonce, transaction };
      }
    },
    apply(record) {
      const id = idOf(record);
      if (record.kind === 'exact.settling') {
        owed.set(id, { settling: record, seen: { lookAt: 0, pauseSeconds: FIRST_PAUSE_SECONDS, usedAt: null } });
        return;
      }
      if (record.kind === 'exact.settled') return;
      owed.delete(id);
      aside.delete(id);
      if (record.kind === 'exact.refund_due') due.set(id, record);
      else due.delete(id);
    },
  };
}
