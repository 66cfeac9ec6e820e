import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Pays upstream number `index` alone (0-based). The result is dollars and tribs paid, base units. */
export function pull(writer: Writer, account: Address, index: number): Promise<Sent<readonly [bigint, bigint]>> {
  return send(writer, { address: account, abi: assetAccountAbi, functionName: 'pull', args: [BigInt(index)] });
}
