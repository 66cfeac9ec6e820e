import { ProviderChoice } from '@tributary/protocol';
import { z } from 'zod';
import type { ParsedChat } from '../../http/parse-chat.ts';
import { asChat, given, readAs, refuse, unsupported } from '../translate.ts';

/** What the API has always given to whoever does not say, tokens. */
const DEFAULT_MAX_TOKENS = 16;

const Penalty = z.number().min(-2).max(2).nullish();

export const Request = z.strictObject({
  model: z.string().min(1).max(256).optional(),
  models: z.array(z.string().min(1).max(256)).max(16).nullish(),
  provider: ProviderChoice.nullish(),
  prompt: z
    .union([z.string(), z.array(z.string()).min(1), z.array(z.number()).min(1), z.array(z.array(z.number())).min(1)])
    .nullish(),
  best_of: z.number().int().nullish(),
  echo: z.boolean().nullish(),
  frequency_penalty: Penalty,
  presence_penalty: Penalty,
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  logprobs: z.number().int().min(0).max(5).nullish(),
  max_tokens: z.number().int().positive().max(1_000_000).nullish(),
  n: z.number().int().nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  suffix: z.string().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: z.string().max(4096).nullish(),
});
type Request = z.infer<typeof Request>;

/** What the answer has to know of its request. */
export interface Asked {
  /** Put before the answer's text: the prompt, when `echo` asks for it. */
  before: string;
  includeUsage: boolean;
}

/** The one text that is to be continued. */
function promptOf(prompt: Request['prompt']): string {
  if (prompt == null) {
    throw refuse('missing_required_parameter', 'Missing required parameter: prompt.', 'prompt');
  }
  if (typeof prompt === 'string') return prompt;
  const [first, ...more] = prompt;
  if (typeof first !== 'string') throw unsupported('prompt', 'Send text: services here have no common tokens.');
  if (more.length > 0) throw unsupported('prompt', 'Send one prompt a request.');
  return first;
}

function refuseUnsupported(request: Request): void {
  const { n, best_of, suffix, echo, logprobs, stream, stream_options } = request;
  if (n != null && n !== 1) throw unsupported('n', 'One answer a request; ask again for another one.');
  if (best_of != null && best_of !== 1) throw unsupported('best_of', 'One answer a request; ask again and choose.');
  if (suffix) throw unsupported('suffix', 'Services here answer a prompt; they do not fill gaps.');
  if (echo && logprobs != null) throw unsupported('echo', 'The prompt’s tokens have no log probabilities here.');
  if (stream_options && !stream) {
    throw refuse('invalid_value', 'stream_options is only allowed when stream is true.', 'stream_options');
  }
}

/** What the fields of the chat request are called here. */
const NAMES: Record<string, string> = { messages: 'prompt', max_completion_tokens: 'max_tokens' };

/**
 * Translates a request: the prompt is one user's message. The rule is in spec/receipts.md.
 * @throws 400 that names the field at fault
 */
export function readRequest(body: Record<string, unknown>): { asked: Asked; parsed: ParsedChat } {
  const request = readAs(Request, body);
  const prompt = promptOf(request.prompt);
  refuseUnsupported(request);
  const raw = given({
    model: request.model,
    models: request.models,
    provider: request.provider,
    messages: [{ role: 'user', content: prompt }],
    stream: request.stream,
    max_completion_tokens: request.max_tokens ?? DEFAULT_MAX_TOKENS,
    temperature: request.temperature,
    top_p: request.top_p,
    presence_penalty: request.presence_penalty,
    frequency_penalty: request.frequency_penalty,
    stop: request.stop,
    seed: request.seed,
    logit_bias: request.logit_bias,
    logprobs: request.logprobs == null ? undefined : true,
    top_logprobs: request.logprobs,
    user: request.user,
  });
  return {
    asked: { before: request.echo ? prompt : '', includeUsage: request.stream_options?.include_usage === true },
    parsed: asChat(raw, (param) => NAMES[param] ?? param),
  };
}
