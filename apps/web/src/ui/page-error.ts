/** A failure in words for people: what happened, and what to do about it. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly hint: string | undefined;
  readonly status: number | undefined;

  constructor(message: string, hint?: string, options: { cause?: unknown; status?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = hint;
    this.status = options.status;
  }
}

const TOO_LONG = 400;

/** What a failed answer of the gateway says: Problem Details, or an OpenAI error. */
export async function problemOf(response: Response): Promise<PageError> {
  const body: unknown = await response.json().catch(() => null);
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value.length > 0 ? value.slice(0, TOO_LONG) : undefined;
  const member = (value: unknown, key: string): unknown =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  const message = text(member(body, 'detail')) ?? text(member(member(body, 'error'), 'message'));
  return new PageError(message ?? `The gateway answered with status ${response.status}.`, text(member(body, 'hint')), {
    status: response.status,
  });
}

/** Message and hint of anything that was thrown; errors of our packages carry a hint. */
export function inWords(error: unknown): { message: string; hint: string | undefined } {
  if (!(error instanceof Error)) return { message: String(error), hint: undefined };
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
  return { message: error.message, hint };
}
