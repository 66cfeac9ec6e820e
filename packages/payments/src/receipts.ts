import {
  type Address,
  type AnswerMessage,
  type Attribution,
  type ChannelConfig,
  type Curve,
  type Hex32,
  hashAnswer,
  hashAttribution,
  hashRequest,
  hex32,
  noble,
  type Payment,
  type Receipt,
  receiptDigests,
  type SignedReceipt,
  sameHex,
} from '@tributary/protocol';

/** What a check of a receipt reads from the chain. `chainReceiptReader` makes one of a `Reader`. */
export interface ReceiptReader {
  readonly chainId: number;
  readonly receiptLog: Address;
  /** `getAgentWallet(agentId)` of the IdentityRegistry; null when there is no such agent. */
  agentWallet(agentId: bigint): Promise<Address | null>;
  /** `ownerOf(agentId)` of the IdentityRegistry; null when there is no such agent. */
  agentOwner(agentId: bigint): Promise<Address | null>;
  /** `ownerOf(service)` of the AssetRegistry; null when it is no asset. */
  assetOwner(service: Address): Promise<Address | null>;
  /** Config and claimed total of a channel; null when it was never funded. */
  channel(channelId: Hex32): Promise<{ config: ChannelConfig; totalClaimed: bigint } | null>;
}

/** Why a receipt is not to be believed. */
export type ReceiptFault =
  | 'wrong_chain'
  | 'wrong_receipt_log'
  | 'unknown_agent'
  | 'receipt_signature'
  | 'unknown_service'
  | 'owner_mismatch'
  | 'payment_receipt_mismatch'
  | 'payment_interval'
  | 'unknown_channel'
  | 'channel_receiver_mismatch'
  | 'channel_token_mismatch'
  | 'payment_signature'
  | 'attribution_mismatch'
  | 'request_mismatch'
  | 'answer_mismatch';

/**
 * `claimed`: the money of this answer is on chain at the service. `promised`: the gateway's signature stands, no claim covers
 * it yet. `free`: the answer cost nothing. Otherwise what is wrong, in words.
 */
export type ReceiptVerdict =
  | { status: 'claimed' | 'promised' | 'free'; signer: Address; owner: Address; paidBy: Address; totalClaimed: bigint }
  | { status: 'invalid'; fault: ReceiptFault; message: string };

/** What the holder of a receipt may have besides: then the hashes are checked as well. */
export interface ReceiptEvidence {
  answer?: AnswerMessage;
  /** The request body as sent. */
  request?: Record<string, unknown>;
}

/** Signs an answer's receipt as the provider. */
export function signReceipt(
  receipt: Receipt,
  { chainId, receiptLog, key, curve = noble }: { chainId: number; receiptLog: Address; key: Uint8Array; curve?: Curve },
) {
  const digest = receiptDigests(chainId, receiptLog).receipt(receipt);
  return { receiptHash: hex32(digest), signature: curve.sign(digest, key) };
}

/** The signed receipt that a user keeps. */
export function toSignedReceipt(
  domain: { chainId: number; receiptLog: Address },
  parts: {
    receipt: Receipt;
    signature: `0x${string}`;
    salt: Hex32;
    attribution: Attribution[];
    payment: Payment;
    paymentSignature: `0x${string}`;
  },
): SignedReceipt {
  return { chainId: domain.chainId, receiptLog: domain.receiptLog, ...parts };
}

class Fault extends Error {
  readonly fault: ReceiptFault;
  constructor(fault: ReceiptFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

function demand(holds: boolean, fault: ReceiptFault, message: string): asserts holds {
  if (!holds) throw new Fault(fault, message);
}

/** The checks that need no chain: hashes and lengths. */
function checkContents(signed: SignedReceipt, receiptHash: Hex32, { answer, request }: ReceiptEvidence): void {
  const { receipt, payment, salt, attribution } = signed;
  demand(
    sameHex(payment.receiptHash, receiptHash),
    'payment_receipt_mismatch',
    `The payment is for receipt ${payment.receiptHash}, this one is ${receiptHash}.`,
  );
  demand(
    payment.to - payment.from === receipt.price,
    'payment_interval',
    `The payment covers ${payment.to - payment.from} base units, the price is ${receipt.price}.`,
  );
  demand(
    sameHex(hashAttribution(attribution), receipt.attributionHash),
    'attribution_mismatch',
    'The attribution is not the one that was signed.',
  );
  if (request) {
    demand(
      sameHex(hashRequest(salt, request), receipt.requestHash),
      'request_mismatch',
      'Another request was answered.',
    );
  }
  if (answer) {
    demand(
      sameHex(hashAnswer(salt, answer), receipt.responseHash),
      'answer_mismatch',
      'The answer is not the one that was signed.',
    );
  }
}

/**
 * Checks a signed receipt against the chain (spec/receipts.md): provider, payer, hashes, and whether a claim covers it.
 * Never throws for a bad receipt; throws what the reader throws when the chain does not answer.
 */
export async function verifySignedReceipt(
  signed: SignedReceipt,
  options: ReceiptEvidence & { reader: ReceiptReader; curve?: Curve },
): Promise<ReceiptVerdict> {
  try {
    return await verify(signed, options, options.reader, options.curve ?? noble);
  } catch (error) {
    if (error instanceof Fault) return { status: 'invalid', fault: error.fault, message: error.message };
    throw error;
  }
}

async function verify(
  signed: SignedReceipt,
  evidence: ReceiptEvidence,
  reader: ReceiptReader,
  curve: Curve,
): Promise<ReceiptVerdict> {
  const { receipt, payment } = signed;
  demand(signed.chainId === reader.chainId, 'wrong_chain', `The receipt is of chain ${signed.chainId}.`);
  // Whoever sells receipts could bring a log of its own; only the network's counts.
  demand(
    sameHex(signed.receiptLog, reader.receiptLog),
    'wrong_receipt_log',
    `The receipt names log ${signed.receiptLog}, the network's is ${reader.receiptLog}.`,
  );
  const digests = receiptDigests(signed.chainId, signed.receiptLog);
  const digest = digests.receipt(receipt);
  checkContents(signed, hex32(digest), evidence);

  const [wallet, agentOwner, owner, channel] = await Promise.all([
    reader.agentWallet(receipt.agentId),
    reader.agentOwner(receipt.agentId),
    reader.assetOwner(receipt.service),
    reader.channel(payment.channelId),
  ]);
  demand(wallet !== null && agentOwner !== null, 'unknown_agent', `There is no agent ${receipt.agentId}.`);
  const signer = curve.recover(digest, signed.signature);
  demand(
    signer !== null && sameHex(signer, wallet),
    'receipt_signature',
    `The receipt is signed by ${signer ?? 'nobody'}, agent ${receipt.agentId}'s wallet is ${wallet}.`,
  );
  demand(owner !== null, 'unknown_service', `${receipt.service} is no asset of this network.`);
  demand(
    sameHex(owner, agentOwner),
    'owner_mismatch',
    `The service belongs to ${owner}, agent ${receipt.agentId} to ${agentOwner}.`,
  );
  demand(channel !== null, 'unknown_channel', `Channel ${payment.channelId} was never funded.`);
  demand(
    sameHex(channel.config.receiver, receipt.service),
    'channel_receiver_mismatch',
    `The channel pays ${channel.config.receiver}, not the service.`,
  );
  demand(sameHex(channel.config.token, receipt.token), 'channel_token_mismatch', 'The channel is in another token.');
  const payer = curve.recover(digests.payment(payment), signed.paymentSignature);
  demand(
    payer !== null && sameHex(payer, channel.config.payerAuthorizer),
    'payment_signature',
    `The payment is signed by ${payer ?? 'nobody'}, the channel's key is ${channel.config.payerAuthorizer}.`,
  );
  const { totalClaimed } = channel;
  const status = receipt.price === 0n ? 'free' : totalClaimed >= payment.to ? 'claimed' : 'promised';
  return { status, signer, owner, paidBy: payer, totalClaimed };
}
