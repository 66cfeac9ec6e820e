import { z } from 'zod';

/** The parts of a gateway's answers that are read here; unknown fields are kept. */

/** An assistant message, with what is absent as null or undefined. */
const Message = z.looseObject({
  content: z
    .string()
    .nullish()
    .transform((c) => c ?? null),
  refusal: z.string().nullish(),
  tool_calls: z
    .array(z.unknown())
    .nullish()
    .transform((calls) => calls ?? undefined),
  annotations: z.unknown().optional(),
});

/** A whole answer. */
export const Completion = z.looseObject({
  provider: z.unknown().optional(),
  choices: z.array(z.looseObject({ message: Message })).min(1),
  tributary: z.unknown().optional(),
});

/** One event of a streamed answer. */
export const Chunk = z.looseObject({
  provider: z.unknown().optional(),
  choices: z.array(z.looseObject({ delta: z.looseObject({}).optional() })).optional(),
  tributary: z.unknown().optional(),
  error: z.looseObject({ message: z.string(), code: z.string().nullish(), param: z.string().nullish() }).optional(),
});
export type Chunk = z.infer<typeof Chunk>;

/** The JSON value of a text, or undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
