import type { Address, Hex32 } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { testDollarAbi } from '../generated/index.ts';

/** True when an EIP-3009 nonce of `authorizer` was used or cancelled. */
export function authorizationState(
  reader: Reader,
  authorizer: Address,
  nonce: Hex32,
  token: Address = reader.contracts.dollar,
): Promise<boolean> {
  return read(reader, {
    address: token,
    abi: testDollarAbi,
    functionName: 'authorizationState',
    args: [authorizer, nonce],
  });
}
