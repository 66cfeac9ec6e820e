import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { identityRegistryAbi } from '../generated/index.ts';

/** Moves an identity's registration file. Its owner or an operator. */
export function setAgentURI(writer: Writer, agentId: bigint, agentURI: string): Promise<Sent> {
  return send(writer, {
    address: writer.contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: 'setAgentURI',
    args: [agentId, agentURI],
  });
}
