import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { testDollarAbi } from '../generated/index.ts';
import type { TokenDomain } from './eip3009.ts';

/** The EIP-712 domain of a token, from EIP-5267. */
export async function tokenDomain(reader: Reader, token: Address = reader.contracts.dollar): Promise<TokenDomain> {
  const [, name, version] = await read(reader, {
    address: token,
    abi: testDollarAbi,
    functionName: 'eip712Domain',
    args: [],
  });
  return { name, version, chainId: reader.chainId, token };
}
