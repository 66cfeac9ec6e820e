import { TributaryError } from '@tributary/protocol';
import { z } from 'zod';

const MAX_ERROR_BYTES = 64 * 1024;

const OpenAiError = z.object({
  error: z.looseObject({
    message: z.string(),
    param: z.string().nullish(),
    code: z.union([z.string(), z.number()]).nullish(),
  }),
});
const Problem = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  hint: z.string().optional(),
});

/** A gateway's failed answer as a `TributaryError`, whatever shape its body has. Reads the body. */
export async function toHttpError(response: Response): Promise<TributaryError> {
  const text = (await response.text().catch(() => '')).slice(0, MAX_ERROR_BYTES);
  const retryable = response.status === 429 || response.status >= 500;
  const make = (code: string, message: string, more: { param?: string | null; hint?: string } = {}) =>
    new TributaryError(code, message, { status: response.status, retryable, ...more });
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return make('http_error', `The gateway answered ${response.status} ${response.statusText}.`.trim());
  }
  const openAi = OpenAiError.safeParse(body);
  if (openAi.success) {
    const { message, param, code } = openAi.data.error;
    return make(String(code ?? 'http_error'), message, { param: param ?? null });
  }
  const problem = Problem.safeParse(body);
  const detail = problem.success ? (problem.data.detail ?? problem.data.title) : undefined;
  return make(
    problem.success && problem.data.title ? problem.data.title.replaceAll(' ', '_') : 'http_error',
    detail ?? `The gateway answered ${response.status}.`,
    problem.success && problem.data.hint ? { hint: problem.data.hint } : {},
  );
}
