import type { ChatDelta } from '@tributary/models';
import { type Citation, type Hex32, toWire, type Usage } from '@tributary/protocol';
import type { Answered } from '../answer.ts';

/** `usage` of an OpenAI answer. */
function usageOf(usage: Usage): Record<string, number> {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}

/** What every answer carries beside OpenAI's fields (spec/wire.md). Amounts are strings. */
function receiptOf({ receipt, signature, attribution, outcome }: Answered): string {
  return toWire({ receipt, signature, attribution, outcome });
}

function annotationsOf(citations: readonly Citation[]): { annotations?: readonly Citation[] } {
  return citations.length > 0 ? { annotations: citations } : {};
}

/** The completion's id: made from the request's, so that a gateway can match its own log. */
function completionId(requestId: Hex32): string {
  return `chatcmpl-${requestId.slice(2, 34)}`;
}

/** A whole answer: `chat.completion` with the receipt beside it, as JSON text. */
export function completionJson(requestId: Hex32, model: string, createdSeconds: number, answered: Answered): string {
  const completion = JSON.stringify({
    id: completionId(requestId),
    object: 'chat.completion',
    created: createdSeconds,
    model,
    choices: [
      {
        index: 0,
        message: { ...answered.message, ...annotationsOf(answered.citations) },
        logprobs: null,
        finish_reason: answered.finishReason,
      },
    ],
    usage: usageOf(answered.usage),
  });
  return `${completion.slice(0, -1)},"tributary":${receiptOf(answered)}}`;
}

/** The events of one streamed answer in the order that OpenAI clients expect; each text is one whole event. */
export interface ChunkWriter {
  /** The first chunk, which names the role. */
  first(): string;
  delta(delta: ChatDelta, logprobs?: unknown): string;
  /** Finish, usage, receipt and `[DONE]`: everything that follows the last delta. */
  end(answered: Answered): string[];
}

/** Writes events with what they share spelled out once. */
export function createChunkWriter(requestId: Hex32, model: string, createdSeconds: number): ChunkWriter {
  const head = `data: {"id":"${completionId(requestId)}","object":"chat.completion.chunk","created":${createdSeconds},"model":${JSON.stringify(model)},"choices":[`;
  const choice = (delta: unknown, finishReason: string | null, logprobs: unknown): string =>
    `${head}{"index":0,"delta":${JSON.stringify(delta)},"logprobs":${logprobs === undefined ? 'null' : JSON.stringify(logprobs)},"finish_reason":${JSON.stringify(finishReason)}}],"usage":null}\n\n`;
  return {
    first: () => choice({ role: 'assistant', content: '' }, null, undefined),
    delta: (delta, logprobs) => choice(delta, null, logprobs),
    end: (answered) => [
      choice(annotationsOf(answered.citations), answered.finishReason, undefined),
      `${head}],"usage":${JSON.stringify(usageOf(answered.usage))}}\n\n`,
      `data: {"object":"tributary.receipt","tributary":${receiptOf(answered)}}\n\n`,
      'data: [DONE]\n\n',
    ],
  };
}
