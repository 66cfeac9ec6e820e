import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { reputationRegistryAbi } from '../generated/index.ts';

/** Takes back one of the sender's own ratings; indexes start at 1. */
export function revokeFeedback(writer: Writer, agentId: bigint, feedbackIndex: bigint): Promise<Sent> {
  return send(writer, {
    address: writer.contracts.reputationRegistry,
    abi: reputationRegistryAbi,
    functionName: 'revokeFeedback',
    args: [agentId, feedbackIndex],
  });
}
