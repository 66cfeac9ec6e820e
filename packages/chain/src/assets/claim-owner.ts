import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Pays the owner of the asset what came while it had no share holders. The result is dollars and tribs paid, base units. */
export function claimOwner(writer: Writer, account: Address): Promise<Sent<readonly [bigint, bigint]>> {
  return send(writer, { address: account, abi: assetAccountAbi, functionName: 'claimOwner', args: [] });
}
