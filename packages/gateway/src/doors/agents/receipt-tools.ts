import { type AnswerMessage, Hex32, SignedReceipt, TributaryError, toWire, ZERO_32 } from '@tributary/protocol';
import type { Trace, Verification } from '@tributary/sdk';

/** Looks at the chain that run at once, and that may wait; each is many calls to somebody's node. */
const MAX_RUNNING = 2;
const MAX_WAITING = 16;
const TIMEOUT_MS = 30_000;

/** How receipts are held against the chain. */
export interface ReceiptChecks {
  verify(
    signed: SignedReceipt,
    against: { request?: Record<string, unknown>; answer?: AnswerMessage },
  ): Promise<Verification>;
  trace(signed: SignedReceipt): Promise<Trace>;
}

/** Where receipts are looked up, by request id or receipt hash. */
export type FindReceipt = (id: Hex32) => Promise<unknown>;

/** Checks of receipts for strangers. */
export interface ReceiptTools {
  /** @throws `invalid_value`, `receipt_not_found`, `busy` (429), `timeout` (504) */
  verify(receipt: unknown, against: { request?: Record<string, unknown>; answer?: string }): Promise<Verification>;
  /** @throws as `verify`, and `receipt_invalid` for a receipt that proves nothing */
  trace(receipt: unknown): Promise<Trace>;
}

function busy(): TributaryError {
  return new TributaryError('busy', 'Too many receipts are being looked at.', {
    status: 429,
    retryable: true,
    hint: 'Try again in a few seconds, or use `tributary verify`, which asks the chain itself.',
  });
}

/** Runs a few at a time and lets a few wait. */
function createGate(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= MAX_RUNNING) {
      if (waiting.length >= MAX_WAITING) throw busy();
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}

/** The caller waits so long; the work itself keeps its place until it ends. */
async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TributaryError('timeout', 'The chain took too long.', { status: 504, retryable: true })),
      TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function invalid(message: string, hint: string): TributaryError {
  return new TributaryError('invalid_value', message, { param: 'receipt', hint });
}

export function createReceiptTools(find: FindReceipt, checks: () => Promise<ReceiptChecks>): ReceiptTools {
  const gate = createGate();

  /** A receipt that was brought, or looked up; `own` when the caller holds it, salt and all. */
  async function read(given: unknown): Promise<{ signed: SignedReceipt; own: boolean }> {
    const id = Hex32.safeParse(given);
    if (!id.success) {
      const parsed = SignedReceipt.safeParse(given);
      if (parsed.success) return { signed: parsed.data, own: true };
      const { path = [], message = '' } = parsed.error.issues[0] ?? {};
      throw invalid(
        `receipt.${path.join('.')}: ${message}.`,
        'Give the signed receipt that came with the answer, or its request id or hash.',
      );
    }
    // In memory amounts are numbers, on the wire and in schemas they are text.
    const stored = SignedReceipt.safeParse(JSON.parse(toWire((await find(id.data)) ?? null)));
    if (stored.success) return { signed: stored.data, own: false };
    throw new TributaryError('receipt_not_found', `No receipt has the request id or hash ${id.data}.`, {
      status: 404,
      param: 'receipt',
    });
  }

  return {
    async verify(receipt, { request, answer }) {
      const { signed, own } = await read(receipt);
      // With a salt that is somebody else's, comparing would tell whether a guess at their question or answer is right.
      if (!own && (request !== undefined || answer !== undefined)) {
        throw invalid(
          'A question or an answer can be compared only with the whole receipt.',
          'Give the signed receipt itself: its salt is yours alone.',
        );
      }
      const against = {
        ...(request === undefined ? {} : { request }),
        ...(answer === undefined ? {} : { answer: { content: answer } }),
      };
      return within(gate(async () => (await checks()).verify(own ? signed : { ...signed, salt: ZERO_32 }, against)));
    },
    async trace(receipt) {
      const { signed } = await read(receipt);
      return within(gate(async () => (await checks()).trace(signed)));
    },
  };
}
