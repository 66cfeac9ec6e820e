import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Pays `holder` what its shares have earned; anyone may, unless the holder asked otherwise (`claim_only_self`). The result is dollars and tribs paid, base units. */
export function claim(writer: Writer, account: Address, holder: Address): Promise<Sent<readonly [bigint, bigint]>> {
  return send(writer, { address: account, abi: assetAccountAbi, functionName: 'claim', args: [holder] });
}
