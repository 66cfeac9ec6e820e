import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { gcm } from '@noble/ciphers/aes.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { z } from 'zod';
import { TributaryError } from './errors.ts';
import { type Address, fromHex, type Hex32, toHex } from './hex.ts';

/**
 * Private questions: what is asked is sealed to the service's published key, so that the gateway routes, meters and pays without
 * reading it (spec/wire.md, "Private questions").
 *
 * The question is sealed by HPKE base mode (RFC 9180). The answer comes back under a key that is exported from the same context,
 * as Oblivious HTTP derives it (RFC 9458, section 4.4), in pieces with counted nonces, the last of them marked (Chunked Oblivious
 * HTTP, draft-ietf-ohai-chunked-ohttp), so that nothing can be left out, doubled or put in another order.
 */

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes128Gcm(),
});

const encoder = new TextEncoder();
const INFO = encoder.encode('tributary private question v1');
const ANSWER_LABEL = encoder.encode('tributary private answer v1');
const KEY_LABEL = encoder.encode('tributary seal key v1');
const FINAL = encoder.encode('final');
/** In front of the last piece. */
const LAST = '!';
const KEY_BYTES = 16;
const NONCE_BYTES = 12;
const SALT_BYTES = 16;

/** What is asked beside routing and framing: the messages and every option, as in a chat request. */
export const PrivateQuestion = z.looseObject({ messages: z.array(z.unknown()).min(1).max(4096) });
export type PrivateQuestion = z.infer<typeof PrivateQuestion>;

/** The members of a chat request that carry a sealed question. */
export const SealedQuestion = z.object({
  /** The encapsulated key, base64url. Its presence says that the one message is sealed. */
  sealed: z.string().max(64),
  messages: z.tuple([z.object({ role: z.literal('user'), content: z.string() })]),
});
export type SealedQuestion = z.infer<typeof SealedQuestion>;

/** Opens what was sealed to its key. */
export interface Opener {
  /** X25519 public key for the service card. */
  readonly publicKey: Hex32;
  /** @throws `sealed_unreadable` (400) for another key, another service, or bytes that were changed */
  open(service: Address, sealed: SealedQuestion): Promise<{ question: PrivateQuestion; answer: AnswerSealer }>;
}

/** Seals one answer, piece by piece; each text follows the one before it in the message's content. */
export interface AnswerSealer {
  piece(value: unknown): string;
  /** The last piece; nothing follows. */
  last(value: unknown): string;
}

/** Opens one answer. */
export interface AnswerOpener {
  /**
   * Takes more of the content, cut anywhere, and returns the pieces that are complete with it.
   * @throws `sealed_unreadable` when a piece is not the next one of this answer
   */
  take(content: string): unknown[];
  /** @throws `sealed_unreadable` unless the last piece was taken */
  end(): void;
}

function unreadable(what: string, cause?: unknown): TributaryError {
  return new TributaryError('sealed_unreadable', `The sealed ${what} cannot be opened.`, {
    param: 'sealed',
    cause,
    hint: 'Seal it again with the key in the present card of the service.',
  });
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Large values are turned to text in parts: an argument list has a limit. */
function toBase64Long(bytes: Uint8Array): string {
  let out = '';
  // A multiple of three, so that the parts join without padding in between.
  const step = 3 * 8192;
  for (let at = 0; at < bytes.length; at += step) out += toBase64(bytes.subarray(at, at + step));
  return out;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new RangeError('not base64url');
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}

function buffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}

/** The key pair of a node, derived from its hot key (RFC 9180, section 7.1.3), so that there is no further secret to keep. */
export async function createOpener(hotKey: Uint8Array): Promise<Opener> {
  const ikm = expand(sha256, extract(sha256, hotKey, KEY_LABEL), KEY_LABEL, 32);
  const pair = await suite.kem.deriveKeyPair(buffer(ikm));
  const publicKey = toHex(new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey)));
  return {
    publicKey,
    async open(service, { sealed, messages }) {
      try {
        const enc = fromBase64(sealed);
        const context = await suite.createRecipientContext({
          recipientKey: pair.privateKey,
          enc: enc.buffer,
          info: buffer(INFO),
        });
        const text = await context.open(fromBase64(messages[0].content).buffer, buffer(encoder.encode(service)));
        const question = PrivateQuestion.parse(JSON.parse(new TextDecoder().decode(text)));
        const secret = new Uint8Array(await context.export(buffer(ANSWER_LABEL), KEY_BYTES));
        return { question, answer: createSealer(secret, enc) };
      } catch (error) {
        throw unreadable('question', error);
      }
    },
  };
}

/**
 * Seals a question to the key in a service's card.
 * @returns the members of the chat request, and what opens its answer
 */
export async function sealQuestion(
  publicKey: Hex32,
  service: Address,
  question: PrivateQuestion,
): Promise<{ request: SealedQuestion; answer: AnswerOpener }> {
  const context = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.deserializePublicKey(buffer(fromHex(publicKey))),
    info: buffer(INFO),
  });
  const text = encoder.encode(JSON.stringify(question));
  const content = toBase64Long(new Uint8Array(await context.seal(buffer(text), buffer(encoder.encode(service)))));
  const enc = new Uint8Array(context.enc);
  const secret = new Uint8Array(await context.export(buffer(ANSWER_LABEL), KEY_BYTES));
  return {
    request: { sealed: toBase64(enc), messages: [{ role: 'user', content }] },
    answer: createAnswerOpener(secret, enc),
  };
}

/** Key and nonces of one answer (RFC 9458, section 4.4). The salt differs for each answer to the same question. */
function answerKeys(secret: Uint8Array, enc: Uint8Array, salt: Uint8Array) {
  const joined = new Uint8Array(enc.length + salt.length);
  joined.set(enc);
  joined.set(salt, enc.length);
  const prk = extract(sha256, secret, joined);
  const key = expand(sha256, prk, encoder.encode('key'), KEY_BYTES);
  const base = expand(sha256, prk, encoder.encode('nonce'), NONCE_BYTES);
  let count = 0;
  return (isLast: boolean) => {
    const nonce = base.slice();
    const view = new DataView(nonce.buffer);
    view.setUint32(8, view.getUint32(8) ^ count++);
    return gcm(key, nonce, isLast ? FINAL : undefined);
  };
}

function createSealer(secret: Uint8Array, enc: Uint8Array): AnswerSealer {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const next = answerKeys(secret, enc, salt);
  let start = `${toBase64(salt)}.`;
  const seal = (value: unknown, isLast: boolean): string => {
    const piece = toBase64Long(next(isLast).encrypt(encoder.encode(JSON.stringify(value))));
    const text = `${start}${isLast ? LAST : ''}${piece}.`;
    start = '';
    return text;
  };
  return { piece: (value) => seal(value, false), last: (value) => seal(value, true) };
}

function createAnswerOpener(secret: Uint8Array, enc: Uint8Array): AnswerOpener {
  let rest = '';
  let next: ReturnType<typeof answerKeys> | undefined;
  let ended = false;

  function open(part: string): unknown {
    if (ended) throw new RangeError('a piece after the last one');
    ended = part.startsWith(LAST);
    const bytes = fromBase64(ended ? part.slice(LAST.length) : part);
    return JSON.parse(new TextDecoder().decode(next!(ended).decrypt(bytes)));
  }

  return {
    take(content) {
      try {
        const parts = (rest + content).split('.');
        rest = parts.pop()!;
        const values: unknown[] = [];
        for (const part of parts) {
          if (next) values.push(open(part));
          else next = answerKeys(secret, enc, fromBase64(part));
        }
        return values;
      } catch (error) {
        throw unreadable('answer', error);
      }
    },
    end() {
      if (!ended) throw unreadable('answer');
    },
  };
}
