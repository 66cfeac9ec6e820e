import { createHash } from 'node:crypto';
import { type Hex32, TributaryError } from '@tributary/protocol';

const KEEP_MS = 10 * 60_000;
const MAX_STORED_CHARS = 32 * 1024 * 1024;
/** Of one payer: nobody can push out what others may still ask for. */
const MAX_PAYER_CHARS = 2 * 1024 * 1024;
const MAX_KEY_LENGTH = 255;

/** An answer that can be sent again. */
export interface StoredAnswer {
  contentType: string;
  body: string;
  headers: Record<string, string>;
}

interface Entry {
  bodyHash: string;
  payer: string;
  at: number;
  /** Characters stored; 0 while the answer is under way. */
  size: number;
  answer: Promise<StoredAnswer>;
}

/**
 * Answers of the last ten minutes, so that a client that repeats a request gets the same answer without paying again. Held in
 * memory, at most 32 Mi characters in all and 2 Mi of one payer: the oldest go first.
 */
export interface Replays {
  /** The answer to the same request sent before, or undefined. @throws `idempotency_key_reused` (422) */
  find(key: string, bodyHash: string): Promise<StoredAnswer> | undefined;
  /** Announces an answer under way; those who repeat the request meanwhile wait for it. */
  begin(
    key: string,
    bodyHash: string,
    payer: string,
  ): { done(answer: StoredAnswer): void; failed(error: unknown): void };
}

/** The `Idempotency-Key` header as given. @throws `invalid_value` when it is too long */
export function idempotencyKeyOf(key: string | null): string | null {
  if (key === null || key.length <= MAX_KEY_LENGTH) return key;
  throw new TributaryError('invalid_value', `Idempotency-Key is longer than ${MAX_KEY_LENGTH} characters.`, {
    param: 'Idempotency-Key',
  });
}

/**
 * Under which key a request's answer is kept: the caller's `Idempotency-Key`, else its body, so that the automatic retries of
 * official clients, which send no key, are recognised as well.
 */
export function replayKey(payer: string, header: string | null | undefined, bodyHash: string): string {
  return `${payer}\n${header ? `key ${header}` : `body ${bodyHash}`}`;
}

/** SHA-256 of a request body; the native one, since it is taken of every request. */
export function hashOf(bytes: Uint8Array): Hex32 {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`;
}

export function createReplays(now: () => number = Date.now): Replays {
  const entries = new Map<string, Entry>();
  const ofPayer = new Map<string, number>();
  let stored = 0;

  function count(entry: Entry, size: number): void {
    const sum = (ofPayer.get(entry.payer) ?? 0) + size - entry.size;
    if (sum > 0) ofPayer.set(entry.payer, sum);
    else ofPayer.delete(entry.payer);
    stored += size - entry.size;
    entry.size = size;
  }

  function remove(key: string, entry: Entry): void {
    if (entries.get(key) === entry) entries.delete(key);
    count(entry, 0);
  }

  function trim(): void {
    for (const [key, entry] of entries) {
      const isOld = now() - entry.at >= KEEP_MS;
      if (!isOld && stored <= MAX_STORED_CHARS) return;
      // One under way takes no room, and somebody may be waiting for it.
      if (isOld || entry.size > 0) remove(key, entry);
    }
  }

  function trimPayer(payer: string): void {
    for (const [key, entry] of entries) {
      if ((ofPayer.get(payer) ?? 0) <= MAX_PAYER_CHARS) return;
      if (entry.payer === payer && entry.size > 0) remove(key, entry);
    }
  }

  return {
    find(key, bodyHash) {
      trim();
      const entry = entries.get(key);
      if (!entry) return;
      if (entry.bodyHash !== bodyHash) {
        throw new TributaryError('idempotency_key_reused', 'This Idempotency-Key was used with another request.', {
          status: 422,
          param: 'Idempotency-Key',
          hint: 'Use a fresh key for each request.',
        });
      }
      return entry.answer;
    },
    begin(key, bodyHash, payer) {
      const { promise, resolve, reject } = Promise.withResolvers<StoredAnswer>();
      // Nobody may be waiting for it.
      promise.catch(() => undefined);
      const entry: Entry = { bodyHash, payer, at: now(), size: 0, answer: promise };
      const older = entries.get(key);
      if (older) remove(key, older);
      entries.set(key, entry);
      return {
        done(answer) {
          if (entries.get(key) === entry) count(entry, answer.body.length);
          resolve(answer);
          if ((ofPayer.get(payer) ?? 0) > MAX_PAYER_CHARS) trimPayer(payer);
          trim();
        },
        failed(error) {
          remove(key, entry);
          reject(error);
        },
      };
    },
  };
}
