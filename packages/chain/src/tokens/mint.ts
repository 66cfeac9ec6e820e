import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { testDollarAbi } from '../generated/index.ts';

/** Makes `value` base units of the devnet's dollar for `to`; at most a million dollars a call. The devnet only. */
export function mint(writer: Writer, to: Address, value: bigint): Promise<Sent<void>> {
  return send(writer, {
    address: writer.contracts.dollar,
    abi: testDollarAbi,
    functionName: 'mint',
    args: [to, value],
  });
}
