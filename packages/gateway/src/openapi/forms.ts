import { ChatUsage, SignedReceipt } from '@tributary/protocol';
import { z } from 'zod';

/** Forms of answers that other APIs have fixed, as far as callers rely on them. More fields may come. */

const Cost = ChatUsage.extend({
  cost: z.number().describe('Dollars charged.'),
  cost_details: z.looseObject({
    upstream_inference_cost: z.number().describe('Dollars that the service earned of it.'),
  }),
});

const TributaryField = z
  .looseObject({
    service: z.string().describe('Account of the service that answered.'),
    model: z.string(),
    why: z.string().optional().describe('Why the router chose it.'),
    receipt: SignedReceipt.describe('Proof of what was asked, answered and paid, with its salt: keep it to yourself.'),
    outcome: z.enum(['answered', 'unknown']).describe('`unknown` is an honest "I don’t know" and free.'),
  })
  .meta({ id: 'TributaryField' });

export const ChatCompletion = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.number().int(),
    model: z.string(),
    provider: z.string(),
    choices: z.array(
      z.looseObject({
        index: z.number().int(),
        message: z.looseObject({ role: z.literal('assistant'), content: z.string().nullable() }),
        finish_reason: z.string(),
      }),
    ),
    usage: Cost,
    tributary: TributaryField,
  })
  .meta({ id: 'ChatCompletion' });

export const TextCompletion = z
  .looseObject({
    id: z.string(),
    object: z.literal('text_completion'),
    choices: z.array(z.looseObject({ index: z.number().int(), text: z.string(), finish_reason: z.string() })),
    usage: Cost,
    tributary: TributaryField,
  })
  .meta({ id: 'TextCompletion' });

export const ResponseObject = z
  .looseObject({
    id: z.string(),
    object: z.literal('response'),
    status: z.string(),
    output: z.array(z.looseObject({ type: z.string() })),
    tributary: TributaryField.optional(),
  })
  .meta({ id: 'Response' });

export const EmbeddingList = z
  .looseObject({
    object: z.literal('list'),
    data: z.array(
      z.looseObject({
        object: z.literal('embedding'),
        index: z.number().int(),
        embedding: z.union([z.string().describe('Base64 of little-endian 32-bit floats.'), z.array(z.number())]),
      }),
    ),
    model: z.string(),
    tributary: TributaryField,
  })
  .meta({ id: 'EmbeddingList' });

export const Message = z
  .looseObject({
    id: z.string(),
    type: z.literal('message'),
    role: z.literal('assistant'),
    model: z.string(),
    content: z.array(z.looseObject({ type: z.string() })),
    stop_reason: z.string().nullable(),
    usage: z.looseObject({ input_tokens: z.number().int(), output_tokens: z.number().int() }),
    tributary: TributaryField.optional(),
  })
  .meta({ id: 'Message' });

const Pricing = z
  .looseObject({ prompt: z.string(), completion: z.string(), request: z.string() })
  .meta({ id: 'Pricing', description: 'Dollars per token and per request, the gateway’s fee included.' });

export const Model = z
  .looseObject({
    id: z.string(),
    object: z.literal('model'),
    created: z.number().int(),
    owned_by: z.string(),
    name: z.string(),
    description: z.string(),
    context_length: z.number().int().optional(),
    pricing: Pricing.optional(),
    supported_parameters: z.array(z.string()),
  })
  .meta({ id: 'Model' });

export const ModelList = z.object({ object: z.literal('list'), data: z.array(Model) }).meta({ id: 'ModelList' });

const Percentiles = z
  .object({ p50: z.number(), p75: z.number(), p90: z.number(), p99: z.number() })
  .meta({ id: 'Percentiles' });

export const ModelEndpoints = z
  .object({
    data: z.looseObject({
      id: z.string(),
      name: z.string(),
      created: z.number().int(),
      description: z.string(),
      architecture: z.looseObject({
        modality: z.string(),
        input_modalities: z.array(z.string()),
        output_modalities: z.array(z.string()),
      }),
      endpoints: z.array(
        z.looseObject({
          name: z.string(),
          provider_name: z.string(),
          tag: z.string().describe('The service’s account; it can be named in `provider.only`.'),
          context_length: z.number().int(),
          pricing: Pricing,
          max_completion_tokens: z.number().int(),
          supported_parameters: z.array(z.string()),
          status: z.number().int().describe('0 when it is asked; below 0 when not at the moment.'),
          uptime_last_30m: z
            .number()
            .nullable()
            .describe('Percent of questions of the last half hour that ended well.'),
          latency_last_30m: Percentiles.nullable().describe('Milliseconds to the first token.'),
          throughput_last_30m: Percentiles.nullable().describe('Tokens a second.'),
        }),
      ),
    }),
  })
  .meta({ id: 'ModelEndpoints' });

export const OpenAiError = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: 'OpenAiError' });

export const AnthropicError = z
  .looseObject({ type: z.literal('error'), error: z.object({ type: z.string(), message: z.string() }) })
  .meta({ id: 'AnthropicError' });

export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    param: z.string().optional().describe('The parameter at fault.'),
    hint: z.string().optional().describe('What to do next.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });
