import { TributaryError } from '@tributary/protocol';
import { type GuardedFetch, parseBounded } from '@tributary/work';

/** Largest card that is read. */
export const MAX_CARD_BYTES = 65_536;
const CARD_TIMEOUT_MS = 5_000;
const MAX_NAME = 128;
const MAX_TEXT = 2_000;
/** A deeper one is not worth showing and costs stack; how many lists and objects it has is bounded by its length. */
const BOUNDS = { depth: 32, containers: Number.POSITIVE_INFINITY };

/** What a card says, as far as it can be understood. `content` is JSON text; null where there is nothing to show. */
export interface CardText {
  name: string;
  description: string;
  model: string;
  content: string | null;
}

const NOTHING: CardText = { name: '', description: '', model: '', content: null };

/**
 * Reads what stands at the URI of an asset or a party. `data:` URIs and web addresses are read, of others nothing is known.
 * @throws what `fetch` says when a web address does not answer, `card_unreadable` when it answers something else
 */
export async function readCard(uri: string, fetch: GuardedFetch): Promise<CardText> {
  if (uri.startsWith('data:')) return readDataUri(uri);
  if (!/^https?:\/\//.test(uri)) return NOTHING;
  const response = await fetch(uri, { maxBytes: MAX_CARD_BYTES, timeoutMs: CARD_TIMEOUT_MS, maxRedirects: 2 });
  if (response.status !== 200) {
    throw new TributaryError('card_unreadable', `${uri} answers with status ${response.status}.`, { status: 502 });
  }
  const card = cardOfJson(response.text());
  if (!card) throw new TributaryError('card_unreadable', `${uri} is not a card.`, { status: 502 });
  return card;
}

function readDataUri(uri: string): CardText {
  const comma = uri.indexOf(',');
  if (comma < 0 || uri.length > 2 * MAX_CARD_BYTES) return NOTHING;
  const isBase64 = /;base64$/i.test(uri.slice(5, comma));
  let text: string;
  try {
    const data = decodeURIComponent(uri.slice(comma + 1));
    text = isBase64 ? Buffer.from(data, 'base64').toString('utf8') : data;
  } catch {
    return NOTHING;
  }
  // A URI that is only a few words names the asset all the same.
  return cardOfJson(text) ?? { ...NOTHING, name: plain(text, MAX_NAME) };
}

function cardOfJson(text: string): CardText | null {
  if (text.length > MAX_CARD_BYTES) return null;
  let value: unknown;
  try {
    value = parseBounded(text, BOUNDS);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  // A service's card comes with its signature around it, and names the model that the service offers.
  const card = isObject(value.card) ? value.card : value;
  const model = isObject(card.model) ? card.model : {};
  return {
    name: plain(card.name ?? model.name, MAX_NAME),
    description: plain(card.description ?? model.description, MAX_TEXT),
    model: plain(model.id, MAX_NAME),
    content: JSON.stringify(value),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A stranger's text in one line, without control characters and those that turn the direction of writing. */
function plain(value: unknown, most: number): string {
  if (typeof value !== 'string') return '';
  return value
    .slice(0, 4 * most)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, most)
    .toWellFormed();
}
