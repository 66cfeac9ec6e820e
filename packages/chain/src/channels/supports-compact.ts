import type { Reader } from '../clients.ts';
import { revertOf, toTributaryError } from '../errors.ts';
import { channelsAbi } from '../generated/index.ts';

/** True when the network's `Channels` takes packed claims (ours); x402's canonical contract does not. */
export async function supportsCompact(reader: Reader): Promise<boolean> {
  try {
    await reader.client.simulateContract({
      address: reader.contracts.channels,
      abi: channelsAbi,
      functionName: 'claimCompact',
      args: ['0x'],
    });
    return true;
  } catch (error) {
    // Ours refuses an empty batch by name; a contract without the function reverts with nothing.
    if (revertOf(error)?.name === 'EmptyBatch') return true;
    const failed = toTributaryError(error, `asking ${reader.contracts.channels} for packed claims`);
    if (failed.code === 'rpc_unreachable') throw failed;
    return false;
  }
}
