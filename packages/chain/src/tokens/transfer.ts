import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { testDollarAbi } from '../generated/index.ts';

/** Sends `value` base units of the writer's own tokens. */
export function transfer(
  writer: Writer,
  to: Address,
  value: bigint,
  token: Address = writer.contracts.dollar,
): Promise<Sent<boolean>> {
  return send(writer, { address: token, abi: testDollarAbi, functionName: 'transfer', args: [to, value] });
}
