import { unpackVector } from '@tributary/protocol';
import { z } from 'zod';

const Vectors = z.looseObject({
  data: z.array(z.looseObject({ index: z.number().int().nonnegative(), embedding: z.string() })).max(2048),
  usage: z.looseObject({ prompt_tokens: z.number().int().nonnegative() }),
});

/**
 * A node's vectors in the form of a completion, whose message has them as `hashAnswer` hashes them: so they are checked, paid
 * and kept as any answer. What is not as many vectors as asked for, all of one length, is undefined.
 */
export function vectorsAsCompletion(value: unknown, wanted: { texts: number; dimensions: number | null }): unknown {
  const parsed = Vectors.safeParse(value);
  if (!parsed.success || parsed.data.data.length !== wanted.texts) return;
  const { data, usage, ...rest } = parsed.data;
  const embeddings = data.toSorted((a, b) => a.index - b.index).map((d) => d.embedding);
  let length = wanted.dimensions;
  for (const embedding of embeddings) {
    const vector = unpackVector(embedding);
    length ??= vector?.length ?? null;
    if (vector === null || vector.length !== length) return;
  }
  return {
    ...rest,
    choices: [{ index: 0, message: { content: null, embeddings }, finish_reason: 'stop', logprobs: null }],
    usage: { ...usage, completion_tokens: 0, total_tokens: usage.prompt_tokens },
  };
}
