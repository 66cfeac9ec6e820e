import { setImmediate as nextTurn } from 'node:timers/promises';
import { canonicalJson, countTokens, inputsOf, sha256Hex, TributaryError } from '@tributary/protocol';
import { isStopWord, stemOf, words } from '@tributary/work';
import { z } from 'zod';
import type { Embeddings, Expert, OpenExpert } from '../expert.ts';
import { synonymsOf } from '../library/synonyms.ts';

/** Changes when the same text may give another vector, as a change of the stemmer or of the synonyms would. */
const METHOD = 'embedder-1';
/** Tokens of one text, and of all texts of a request: more would keep the process from everything else. */
const MAX_TEXT_TOKENS = 8_192;
const MAX_REQUEST_TOKENS = 300_000;
const MIN_DIMENSIONS = 16;
const MAX_DIMENSIONS = 4_096;

/** What a word's synonyms and its letters count, where its stem counts one. */
const SYNONYM_WEIGHT = 0.3;
const LETTERS_WEIGHT = 0.5;
/** Every feature stands in this many places, so that two features seldom share all of them. */
const PLACES = 4;

const EmbedderOptions = z.strictObject({
  /** Numbers of a vector where a request does not say. */
  dimensions: z.number().int().min(MIN_DIMENSIONS).max(MAX_DIMENSIONS).default(384),
});
type EmbedderOptions = z.infer<typeof EmbedderOptions>;

/** FNV-1a over UTF-16 units with MurmurHash3's final mix, so that neighbouring texts land far apart. */
function hash32(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Pieces of three to five letters of a word, its ends marked. */
function letterGroups(word: string): string[] {
  const marked = `_${word}_`;
  const groups: string[] = [];
  for (let size = 3; size <= 5; size++) {
    for (let i = 0; i + size <= marked.length; i++) groups.push(marked.slice(i, i + size));
  }
  return groups;
}

/** What a text is made of, each with its weight. Never empty. */
function featuresOf(text: string): Map<string, number> {
  const all = words(text);
  const meaning = all.filter((w) => !isStopWord(w));
  const counts = new Map<string, number>();
  for (const word of meaning.length > 0 ? meaning : all) {
    // Nothing is known of longer ones, and their letters would outweigh the text.
    const term = stemOf(word.slice(0, 64));
    counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  if (counts.size === 0) return new Map([[`other ${text.trim().slice(0, 256)}`, 1]]);
  const features = new Map<string, number>();
  const add = (name: string, weight: number) => features.set(name, (features.get(name) ?? 0) + weight);
  for (const [term, count] of counts) {
    const weight = Math.sqrt(count);
    add(`word ${term}`, weight);
    for (const synonym of synonymsOf(term)) add(`word ${synonym}`, weight * SYNONYM_WEIGHT);
    const groups = letterGroups(term);
    for (const group of groups) add(`letters ${group}`, (weight * LETTERS_WEIGHT) / Math.sqrt(groups.length));
  }
  return features;
}

/**
 * A text's vector of length 1: its stems, their synonyms and groups of letters, hashed with signs into the dimensions
 * (Weinberger and others, "Feature Hashing for Large Scale Multitask Learning", 2009). Texts that share words, or words with
 * the same letters, point the same way. It has no idea of meaning beyond a list of synonyms.
 */
export function embedText(text: string, dimensions: number): Float32Array {
  const sums = new Float64Array(dimensions);
  for (const [feature, weight] of featuresOf(text)) {
    let hash = 0x811c9dc5;
    for (let place = 0; place < PLACES; place++) {
      hash = hash32(feature, hash);
      sums[hash % dimensions]! += hash >>> 31 === 1 ? weight : -weight;
    }
  }
  let squares = 0;
  for (const value of sums) squares += value * value;
  // Signs may cancel out: then any fixed direction does.
  if (squares === 0) sums[0] = 1;
  const length = squares === 0 ? 1 : Math.sqrt(squares);
  return Float32Array.from(sums, (value) => value / length);
}

function tooLong(what: string, tokens: number, most: number, param: string): TributaryError {
  return new TributaryError('context_length_exceeded', `${what} has ${tokens} tokens; ${most} is the most.`, {
    param,
    hint: 'Split it and send the parts.',
  });
}

/** Tokens of all texts. @throws `context_length_exceeded` */
function countAll(texts: readonly string[]): number {
  let total = 0;
  for (const [i, text] of texts.entries()) {
    const tokens = countTokens(text);
    if (tokens > MAX_TEXT_TOKENS) throw tooLong('A text', tokens, MAX_TEXT_TOKENS, `input.${i}`);
    total += tokens;
  }
  if (total > MAX_REQUEST_TOKENS) throw tooLong('The request', total, MAX_REQUEST_TOKENS, 'input');
  return total;
}

function openEmbedder({ dimensions }: EmbedderOptions): OpenExpert {
  return {
    modelDigest: sha256Hex(canonicalJson({ method: METHOD, dimensions })),
    hints: { dimensions },
    answers: ['embeddings'],
    supports: ['dimensions'],
    deterministic: true,
    contextTokens: MAX_TEXT_TOKENS,
    maxOutputTokens: 1,
    answer: () =>
      Promise.reject(
        new TributaryError('wrong_endpoint', 'The embedder turns texts into vectors and answers no questions.', {
          hint: 'Send the texts to POST /v1/embeddings.',
        }),
      ),
    async embed(request, signal): Promise<Embeddings> {
      const texts = inputsOf(request);
      const wanted = request.dimensions ?? dimensions;
      if (wanted < MIN_DIMENSIONS || wanted > MAX_DIMENSIONS) {
        throw new TributaryError(
          'invalid_value',
          `Invalid value for dimensions: ${wanted} is not from ${MIN_DIMENSIONS} to ${MAX_DIMENSIONS}.`,
          { param: 'dimensions' },
        );
      }
      const promptTokens = countAll(texts);
      const vectors: Float32Array[] = [];
      for (const text of texts) {
        vectors.push(embedText(text, wanted));
        await nextTurn();
        signal.throwIfAborted();
      }
      return { vectors, promptTokens, notes: [] };
    },
    close: async () => {},
  };
}

/** Turns texts into vectors by their words and letters: quick, the same everywhere, nothing to download. */
export const embedder: Expert<EmbedderOptions> = {
  name: 'embedder',
  options: EmbedderOptions,
  suits: () => ({ score: 0, why: 'the embedder answers no questions' }),
  open: async (options) => openEmbedder(options),
};
