import { type Reader, read, testDollarAbi } from '@tributary/chain';
import type { NetworkFacts } from '@tributary/protocol/explorer';

/** Name, symbol and decimals of the two revenue tokens, as their contracts say. */
export function readTokens(reader: Reader): Promise<NetworkFacts['tokens']> {
  const { dollar, trib } = reader.contracts;
  return Promise.all(
    [dollar, trib].map(async (address) => {
      // What is asked is the same in every ERC-20.
      const token = { address, abi: testDollarAbi, args: [] } as const;
      const [name, symbol, decimals] = await Promise.all([
        read(reader, { ...token, functionName: 'name' }),
        read(reader, { ...token, functionName: 'symbol' }),
        read(reader, { ...token, functionName: 'decimals' }),
      ]);
      return { address, name, symbol, decimals };
    }),
  );
}
