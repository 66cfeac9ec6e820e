import { ZERO_32 } from '@tributary/protocol';

/**
 * A receipt as strangers may see it: its salt is the holder's alone, because with it the hashes of short questions and answers
 * can be guessed (spec/receipts.md).
 */
export function publishedReceipt(receipt: unknown): unknown {
  return receipt !== null && typeof receipt === 'object' ? { ...receipt, salt: ZERO_32 } : receipt;
}

/** An RPC URL that may be shown to strangers, else undefined: providers put their customers' keys into path, query or user. */
export function publishedRpc(rpc: string): string | undefined {
  const { username, password, pathname, search } = new URL(rpc);
  return username || password || search || pathname !== '/' ? undefined : rpc;
}
