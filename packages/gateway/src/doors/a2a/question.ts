import type { Message, SendMessageRequest } from '@a2a-js/sdk';
import { ContentTypeNotSupportedError, RequestMalformedError } from '@a2a-js/sdk/errors';
import { z } from 'zod';

/** Longest question, characters; it may have to be kept until it is paid. */
const MAX_QUESTION_LENGTH = 200_000;

/** Longest name that a caller gives to a message or a context, characters. */
const MAX_NAME_LENGTH = 256;

/** How callers steer an answer, in a message's metadata. */
const Options = z.looseObject({
  'tributary.model': z.string().min(1).max(256).optional(),
  'tributary.max_tokens': z.number().int().positive().max(1_000_000).optional(),
});

/** The chat request that an agent's message stands for. @throws A2A's errors for parts we cannot read and values out of range */
export function chatOf({ parts, metadata }: Message): Record<string, unknown> {
  const texts = parts.map(({ content, mediaType }) => {
    if (content?.$case === 'text') return content.value;
    throw new ContentTypeNotSupportedError(
      `A part of type ${mediaType || content?.$case || 'unknown'} cannot be read.`,
    );
  });
  const question = texts.join('\n');
  if (question.trim() === '') throw new RequestMalformedError('message.parts: there is no text.');
  if (question.length > MAX_QUESTION_LENGTH) {
    throw new RequestMalformedError(`message.parts: the text is longer than ${MAX_QUESTION_LENGTH} characters.`);
  }
  const options = Options.safeParse(metadata ?? {});
  if (!options.success) {
    const [issue] = options.error.issues;
    throw new RequestMalformedError(`message.metadata.${String(issue?.path[0])}: ${issue?.message}.`);
  }
  const { 'tributary.model': model = 'auto', 'tributary.max_tokens': limit } = options.data;
  return {
    model,
    messages: [{ role: 'user', content: question }],
    ...(limit === undefined ? {} : { max_completion_tokens: limit }),
  };
}

/** The message of a request. @throws when there is none, or it asks for what we do not do */
export function messageOf({ message, configuration, tenant }: SendMessageRequest): Message {
  if (!message?.messageId) throw new RequestMalformedError('message.messageId is required.');
  for (const name of ['messageId', 'contextId'] as const) {
    if (message[name].length <= MAX_NAME_LENGTH) continue;
    throw new RequestMalformedError(`message.${name} is longer than ${MAX_NAME_LENGTH} characters.`);
  }
  if (tenant) throw new RequestMalformedError('tenant: there are no tenants here.');
  const modes = configuration?.acceptedOutputModes ?? [];
  if (modes.length > 0 && !modes.some((m) => /^(\*\/\*|text(\/(\*|plain))?|application\/(json|\*))$/.test(m))) {
    throw new ContentTypeNotSupportedError('Answers are text/plain and application/json.');
  }
  return message;
}
