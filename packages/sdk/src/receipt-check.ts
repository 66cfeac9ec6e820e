import {
  type Address,
  type AnswerMessage,
  type Curve,
  type Hex32,
  hashAnswer,
  hashAttribution,
  hashRequest,
  hex32,
  noble,
  PPM,
  receiptDigests,
  type SignedReceipt,
} from '@tributary/protocol';

/**
 * One thing that was looked at, and whether it holds; null when it cannot be told (yet). `detail` says what was found, for
 * people.
 */
export interface Check {
  name: string;
  ok: boolean | null;
  detail: string;
}

/** What can be told of a signed receipt from its own bytes. */
export interface ReceiptFacts {
  receiptHash: Hex32;
  /** Who signed the receipt; null when the signature is not one that contracts accept. */
  providerSigner: Address | null;
  /** Who signed the payment. */
  gatewaySigner: Address | null;
  /** What the payer was charged, base units. */
  charged: bigint;
  checks: Check[];
}

/**
 * Checks a signed receipt by itself and, where given, against the question and the answer it is for. Whether the signers
 * had the authority to sign is on the chain: see `verifyReceipt`.
 */
export function checkReceipt(
  signed: SignedReceipt,
  against: { request?: Record<string, unknown>; answer?: AnswerMessage } = {},
  curve: Curve = noble,
): ReceiptFacts {
  const { receipt, payment, salt, attribution } = signed;
  const digests = receiptDigests(signed.chainId, signed.receiptLog);
  const receiptDigest = digests.receipt(receipt);
  const receiptHash = hex32(receiptDigest);
  const providerSigner = curve.recover(receiptDigest, signed.signature);
  const gatewaySigner = curve.recover(digests.payment(payment), signed.paymentSignature);
  const charged = payment.payerTo - payment.payerFrom;
  const paid = payment.to - payment.from;
  const weights = attribution.reduce((sum, a) => sum + BigInt(a.weightPpm), 0n);
  const checks: Check[] = [];
  const add = (name: string, ok: boolean, detail: string) => checks.push({ name, ok, detail });
  add('provider signature', providerSigner !== null, `signed by ${providerSigner ?? 'nobody: malformed'}`);
  add('payment signature', gatewaySigner !== null, `signed by ${gatewaySigner ?? 'nobody: malformed'}`);
  add('payment is for this receipt', payment.receiptHash === receiptHash, `receipt hash ${receiptHash}`);
  add(
    'interval equals price',
    paid === receipt.price,
    `interval [${payment.from}, ${payment.to}) of ${paid}, price ${receipt.price} base units`,
  );
  add(
    'charge covers price',
    charged >= receipt.price && payment.payerFrom >= 0n,
    `payer charged ${charged}, service earns ${receipt.price} base units`,
  );
  add(
    'attribution hash',
    hashAttribution(attribution) === receipt.attributionHash,
    `${attribution.length} cited documents`,
  );
  add('attribution within the whole', weights <= PPM, `${weights} of ${PPM} ppm attributed`);
  if (against.request) {
    const ok = hashRequest(salt, against.request) === receipt.requestHash;
    add('request hash', ok, ok ? 'the receipt is for this question' : 'the receipt is for another question');
  }
  if (against.answer) {
    const ok = hashAnswer(salt, against.answer) === receipt.responseHash;
    add('answer hash', ok, ok ? 'the receipt is for this answer' : 'the answer differs from the one signed');
  }
  return { receiptHash, providerSigner, gatewaySigner, charged, checks };
}
