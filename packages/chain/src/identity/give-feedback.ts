import { type Hex32, ZERO_32 } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { reputationRegistryAbi } from '../generated/index.ts';

/** A rating of an identity: `value` / 10^`valueDecimals`, in the meaning of `tag1` (starred, successRate, …). */
export interface Feedback {
  agentId: bigint;
  value: bigint;
  /** 0 to 18. */
  valueDecimals: number;
  tag1?: string;
  tag2?: string;
  endpoint?: string;
  feedbackURI?: string;
  /** keccak256 of the feedback file's bytes. */
  feedbackHash?: Hex32;
}

/** Rates an identity. Its owner and operators may not. */
export function giveFeedback(writer: Writer, feedback: Feedback): Promise<Sent> {
  return send(writer, {
    address: writer.contracts.reputationRegistry,
    abi: reputationRegistryAbi,
    functionName: 'giveFeedback',
    args: [
      feedback.agentId,
      feedback.value,
      feedback.valueDecimals,
      feedback.tag1 ?? '',
      feedback.tag2 ?? '',
      feedback.endpoint ?? '',
      feedback.feedbackURI ?? '',
      feedback.feedbackHash ?? ZERO_32,
    ],
  });
}
