import { MAX_DIMENSIONS, ProviderChoice, unpackVector } from '@tributary/protocol';
import { z } from 'zod';
import type { Found } from '../../dispatch/question.ts';
import { tributaryField, usageWithCost, withMember } from '../../http/completion.ts';
import type { Opening, ReadAsking } from '../../http/form.ts';
import { type ParsedChat, parseObject } from '../../http/parse-chat.ts';
import type { Bill } from '../../settle/settle-answer.ts';
import { given, readAs, refuse, unsupported } from '../translate.ts';

export const Request = z.strictObject({
  model: z.string().min(1).max(256).optional(),
  models: z.unknown().optional(),
  provider: ProviderChoice.nullish(),
  input: z
    .union([
      z.string().min(1),
      z.array(z.string().min(1)).min(1).max(2048),
      z.array(z.number()).min(1),
      z.array(z.array(z.number())).min(1),
    ])
    .optional(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.number().int().positive().max(MAX_DIMENSIONS).nullish(),
  user: z.string().max(4096).nullish(),
});

/** The texts, of which there is at least one. */
function textsOf(input: z.infer<typeof Request>['input']): string[] {
  if (input === undefined) throw refuse('missing_required_parameter', 'Missing required parameter: input.', 'input');
  if (typeof input === 'string') return [input];
  const texts = input.filter((item) => typeof item === 'string');
  if (texts.length < input.length) throw unsupported('input', 'Send text: models here have no common tokens.');
  return texts;
}

function modelOf(model: string | undefined, models: unknown): string {
  if (model === undefined) throw refuse('missing_required_parameter', 'Missing required parameter: model.', 'model');
  const compare = 'Vectors of two models cannot be compared; name one model that embeds, see GET /v1/models.';
  if (/^auto(?::\w+)?$/.test(model))
    throw refuse('invalid_value', 'auto does not choose a model for vectors.', 'model', compare);
  if (models != null) throw unsupported('models', compare);
  return model;
}

/** Nine digits say a 32-bit float exactly. */
function numbersOf(packed: string): number[] {
  return Array.from(unpackVector(packed) ?? [], (value) => Number(value.toPrecision(9)));
}

function listJson(asFloats: boolean, opening: Opening, found: Found, bill: Bill): string {
  const { card } = opening.step.service;
  const { completion_tokens: _, ...usage } = usageWithCost(found.usage, bill);
  const data = (found.message.embeddings ?? []).map((packed, index) => ({
    object: 'embedding',
    index,
    embedding: asFloats ? numbersOf(packed) : packed,
  }));
  const body = JSON.stringify({ object: 'list', data, model: card.model.id, provider: card.provider, usage });
  return withMember(body, 'tributary', tributaryField(found.step, bill, found.evidence.outcome));
}

function readRequest(body: Record<string, unknown>): { parsed: ParsedChat; asFloats: boolean } {
  const { model, models, provider, input, encoding_format, dimensions, user } = readAs(Request, body);
  const texts = textsOf(input);
  const raw = given({
    model: modelOf(model, models),
    input: typeof input === 'string' ? input : texts,
    // Nodes always send base64; clients get what they asked for.
    encoding_format: 'base64',
    dimensions,
    user,
    provider,
  });
  const messages = texts.map((content) => ({ role: 'user' as const, content }));
  const parsed = {
    raw,
    chat: { model, messages, provider },
    bytes: Buffer.byteLength(JSON.stringify(raw)),
    vectors: { dimensions: dimensions ?? null },
  };
  return { parsed, asFloats: encoding_format !== 'base64' };
}

/** OpenAI's `POST /v1/embeddings`: texts as vectors, in numbers or, as official clients ask by default, in base64. */
export const readEmbeddings: ReadAsking = (bytes) => {
  const { parsed, asFloats } = readRequest(parseObject(bytes));
  return {
    parsed,
    whole: (opening, found: Found, bill) => listJson(asFloats, opening, found, bill),
    stream() {
      throw new Error('vectors are not streamed');
    },
    failed: () => '',
  };
};
