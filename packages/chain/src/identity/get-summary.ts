import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { reputationRegistryAbi } from '../generated/index.ts';

/**
 * Mean rating of an identity by the given raters: `value` / 10^`decimals`. Name the raters you trust; anyone can rate.
 *
 * @param tags Empty means every tag, which averages mixed units.
 */
export async function getSummary(
  reader: Reader,
  agentId: bigint,
  clients: readonly Address[],
  tags: { tag1?: string; tag2?: string } = {},
): Promise<{ count: bigint; value: bigint; decimals: number }> {
  const [count, value, decimals] = await read(reader, {
    address: reader.contracts.reputationRegistry,
    abi: reputationRegistryAbi,
    functionName: 'getSummary',
    args: [agentId, clients, tags.tag1 ?? '', tags.tag2 ?? ''],
  });
  return { count, value, decimals };
}
