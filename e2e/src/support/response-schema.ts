import { z } from 'zod';

/** The response object and its events as the Open Responses specification has them: every field there, nullable ones null. */

const Count = z.number().int().nonnegative();
const Status = z.enum(['in_progress', 'completed', 'incomplete']);
const Part = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('output_text'),
    text: z.string(),
    annotations: z.array(
      z.object({
        type: z.literal('url_citation'),
        url: z.string(),
        start_index: Count,
        end_index: Count,
        title: z.string(),
      }),
    ),
    logprobs: z.array(z.unknown()),
  }),
  z.object({ type: z.literal('refusal'), refusal: z.string() }),
  z.object({ type: z.literal('reasoning_text'), text: z.string() }),
]);
const Item = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    id: z.string(),
    status: Status,
    role: z.literal('assistant'),
    content: z.array(Part),
  }),
  z.object({
    type: z.literal('reasoning'),
    id: z.string(),
    summary: z.array(z.unknown()),
    content: z.array(Part),
  }),
  z.object({
    type: z.literal('function_call'),
    id: z.string(),
    status: Status,
    call_id: z.string(),
    name: z.string(),
    arguments: z.string(),
  }),
]);

export const ResponseObject = z.object({
  id: z.string(),
  object: z.literal('response'),
  created_at: Count,
  completed_at: Count.nullable(),
  status: z.string(),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  model: z.string(),
  previous_response_id: z.string().nullable(),
  instructions: z.string().nullable(),
  output: z.array(Item),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  tools: z.array(
    z.object({
      type: z.literal('function'),
      name: z.string(),
      description: z.string().nullable(),
      parameters: z.record(z.string(), z.unknown()).nullable(),
      strict: z.boolean().nullable(),
    }),
  ),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), z.object({ type: z.string() })]),
  truncation: z.enum(['auto', 'disabled']),
  parallel_tool_calls: z.boolean(),
  text: z.object({ format: z.object({ type: z.string() }) }),
  top_p: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  top_logprobs: Count,
  temperature: z.number(),
  reasoning: z.object({ effort: z.string().nullable(), summary: z.string().nullable() }).nullable(),
  usage: z
    .object({
      input_tokens: Count,
      output_tokens: Count,
      total_tokens: Count,
      input_tokens_details: z.object({ cached_tokens: Count }),
      output_tokens_details: z.object({ reasoning_tokens: Count }),
    })
    .nullable(),
  max_output_tokens: Count.nullable(),
  max_tool_calls: Count.nullable(),
  store: z.boolean(),
  background: z.boolean(),
  service_tier: z.string(),
  metadata: z.record(z.string(), z.string()),
  safety_identifier: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
});

const inItem = { item_id: z.string(), output_index: Count };
const inPart = { ...inItem, content_index: Count };
/** Fields of each event beside `type` and `sequence_number`. */
const EVENTS: Record<string, z.ZodRawShape> = {
  'response.created': { response: ResponseObject },
  'response.in_progress': { response: ResponseObject },
  'response.completed': { response: ResponseObject },
  'response.incomplete': { response: ResponseObject },
  'response.output_item.added': { output_index: Count, item: Item },
  'response.output_item.done': { output_index: Count, item: Item },
  'response.content_part.added': { ...inPart, part: Part },
  'response.content_part.done': { ...inPart, part: Part },
  'response.output_text.delta': { ...inPart, delta: z.string(), logprobs: z.array(z.unknown()) },
  'response.output_text.done': { ...inPart, text: z.string(), logprobs: z.array(z.unknown()) },
  'response.output_text.annotation.added': { ...inPart, annotation_index: Count, annotation: z.unknown() },
  'response.function_call_arguments.delta': { ...inItem, delta: z.string() },
  'response.function_call_arguments.done': { ...inItem, arguments: z.string() },
};

/** The events of a stream, each checked; `[DONE]` at its end is left out. Throws for unknown types and holes in the numbers. */
export function parseEvents(stream: string): { type: string; response?: unknown; item?: { type: string } }[] {
  const texts = stream.split('\n\n').filter((e) => e !== '' && e !== 'data: [DONE]');
  return texts.map((text, sequence_number) => {
    const [first, second] = text.split('\n');
    const data = JSON.parse(second!.slice('data: '.length)) as { type: string };
    const fields = EVENTS[data.type];
    if (!fields || first !== `event: ${data.type}`) throw new Error(`not an event: ${text}`);
    z.object({ ...fields, sequence_number: z.literal(sequence_number) }).parse(data);
    return data;
  });
}
