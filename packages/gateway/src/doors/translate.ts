import { ChatRequest, TributaryError } from '@tributary/protocol';
import type { z } from 'zod';
import { type ParsedChat, pathOf } from '../http/parse-chat.ts';

/** What the doors of other APIs share: reading their requests, and handing them on as chat requests. */

/** A request that cannot be taken; `param` is the field at fault as its own API calls it. */
export function refuse(code: string, message: string, param: string | null, hint?: string): TributaryError {
  return new TributaryError(code, message, { param, ...(hint ? { hint } : {}) });
}

/** A field that is understood and cannot be honoured. */
export function unsupported(param: string, hint: string): TributaryError {
  return refuse('unsupported_parameter', `${param} is not supported here.`, param, hint);
}

/**
 * A value by schema.
 * @param at path of the value in the request, such as `input.3`
 * @throws 400 that names the field; `unknown_parameter` for one that a strict schema does not know
 */
export function readAs<T>(schema: z.ZodType<T>, value: unknown, at: readonly PropertyKey[] = []): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const param = pathOf([...at, ...issue.path, issue.keys[0]!])!;
    throw refuse('unknown_parameter', `Unknown parameter: ${param}.`, param);
  }
  const param = pathOf([...at, ...issue.path]);
  throw refuse('invalid_value', `Invalid value for ${param ?? 'the request'}: ${issue.message}.`, param);
}

/** Members that are neither absent nor null: APIs take both for "not given". */
export function given(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, v]) => v !== null && v !== undefined));
}

/**
 * A translated request as the one that is routed, hashed, quoted and handed to nodes.
 * @param nameOf what the own API calls a field of the chat request
 */
export function asChat(raw: Record<string, unknown>, nameOf: (param: string) => string): ParsedChat {
  const parsed = ChatRequest.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const param = nameOf(pathOf(issue.path) ?? 'model');
    throw refuse('invalid_value', `Invalid value for ${param}: ${issue.message}.`, param);
  }
  const { model, models } = parsed.data;
  if (model === undefined && !models?.length) {
    throw refuse(
      'missing_required_parameter',
      'Missing required parameter: model.',
      'model',
      'Use "auto" to let the router choose.',
    );
  }
  return { raw, chat: parsed.data, bytes: Buffer.byteLength(JSON.stringify(raw)), nameOf };
}
