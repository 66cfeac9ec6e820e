import { TributaryError } from '@tributary/protocol';
import type { Context } from 'hono';
import type { z } from 'zod';
import { invalid } from './errors.ts';

function tooLarge(limitBytes: number): TributaryError {
  return new TributaryError('request_too_large', `The body exceeds ${limitBytes} bytes.`, { status: 413 });
}

/** Text of a request's body, read no further than `limitBytes`. */
async function readText(c: Context, limitBytes: number): Promise<string> {
  const declared = c.req.header('content-length');
  if (declared !== undefined) {
    // Node's parser ends a body at its declared length, so this one comparison bounds it.
    if (!(Number(declared) <= limitBytes)) throw tooLarge(limitBytes);
    return c.req.text();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.length;
    if (size > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Throws 415 unless the content type is JSON or left out. */
export function requireJson(type: string | null | undefined): void {
  if (!type || /^application\/(?:[a-z0-9.+-]*\+)?json\s*(?:;|$)/i.test(type)) return;
  throw new TributaryError('unsupported_media_type', `The content type is ${type}; expected application/json.`, {
    status: 415,
  });
}

/** Text as a JSON object. Throws 400. */
export function parseJsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TributaryError('invalid_json', 'The body is not JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TributaryError('invalid_json', 'The body must be a JSON object.');
  }
  return value as Record<string, unknown>;
}

/** A request's body as a JSON object. Throws 400, 413 or 415. */
export async function readJsonObject(c: Context, limitBytes: number): Promise<Record<string, unknown>> {
  requireJson(c.req.header('content-type'));
  return parseJsonObject(await readText(c, limitBytes));
}

/** A request's body by schema. Throws 400 with the field at fault, 413 or 415. */
export async function readBody<T>(c: Context, limitBytes: number, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await readJsonObject(c, limitBytes));
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}
