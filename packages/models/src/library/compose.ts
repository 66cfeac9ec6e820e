import type { Attribution, Citation } from '@tributary/protocol';
import type { Evidence, RatedSentence } from './rank.ts';

/** An answer made of quotes. */
export interface ComposedAnswer {
  text: string;
  citations: Citation[];
  attribution: Attribution[];
}

/** Longest quote of one passage, characters. */
const MOST_QUOTE = 480;

/** The best sentences of a passage in their order: the best one, and others nearly as good or needed to understand it. */
function quoteOf(evidence: Evidence, most: number): RatedSentence[] {
  const byScore = evidence.sentences.toSorted((a, b) => b.score - a.score || a.start - b.start);
  const best = byScore[0];
  if (!best) return [];
  const chosen = [best];
  let length = best.end - best.start;
  const at = evidence.sentences.indexOf(best);
  // The sentence after the best one often completes it.
  const next = evidence.sentences[at + 1];
  for (const s of [...byScore.slice(1), ...(next ? [next] : [])]) {
    if (chosen.length >= most || chosen.includes(s)) continue;
    if (s !== next && s.score < best.score * 0.6) continue;
    if (length + (s.end - s.start) > MOST_QUOTE) continue;
    chosen.push(s);
    length += s.end - s.start;
  }
  return chosen.sort((a, b) => a.start - b.start);
}

/**
 * Splits a million in proportion to weights ≥ 0, at least one of them positive: floors first, then what is left to the
 * largest remainders, earlier entries first. Integer arithmetic, so it is the same everywhere.
 */
export function splitPpm(weights: readonly number[]): number[] {
  const scaled = weights.map((w) => BigInt(Math.round(w * 1_000_000)));
  const total = scaled.reduce((a, b) => a + b, 0n);
  if (total === 0n) return splitPpm(weights.map(() => 1));
  const parts = scaled.map((w) => ({ floor: (w * 1_000_000n) / total, rest: (w * 1_000_000n) % total }));
  let left = 1_000_000n - parts.reduce((sum, p) => sum + p.floor, 0n);
  const order = parts
    .map((_, i) => i)
    .sort((a, b) => (parts[a]!.rest === parts[b]!.rest ? a - b : parts[a]!.rest > parts[b]!.rest ? -1 : 1));
  for (const i of order) {
    if (left === 0n) break;
    parts[i]!.floor += 1n;
    left -= 1n;
  }
  return parts.map((p) => Number(p.floor));
}

/** The title people see: the headings, or the document's name. */
function titleOf(evidence: Evidence): string {
  const { headings, document } = evidence.hit.passage;
  return headings.length > 0 ? headings.join(' › ') : document;
}

function attribute(cited: readonly Evidence[], dataset: `0x${string}`): Attribution[] {
  const weights = new Map<string, { evidence: Evidence; weight: number }>();
  for (const evidence of cited) {
    const { document } = evidence.hit.passage;
    const entry = weights.get(document);
    if (entry) entry.weight += evidence.score;
    else weights.set(document, { evidence, weight: evidence.score });
  }
  const lines = [...weights.values()];
  const ppm = splitPpm(lines.map((l) => l.weight));
  return lines.map(({ evidence: { hit } }, i) => ({
    dataset,
    document: hit.passage.document,
    documentHash: hit.passage.documentHash,
    contributor: hit.passage.contributor,
    weightPpm: ppm[i]!,
  }));
}

/** Quotes the evidence and cites it as [1], [2], …; each document earns in proportion to the scores of its passages. */
export function compose(
  cited: readonly Evidence[],
  dataset: { asset: `0x${string}`; urlOf(document: string, start: number, end: number): string },
): ComposedAnswer {
  let text = '';
  const citations: Citation[] = [];
  cited.forEach((evidence, i) => {
    const { passage } = evidence.hit;
    const start = text.length;
    let last: RatedSentence | undefined;
    for (const s of quoteOf(evidence, i === 0 ? 3 : 2)) {
      if (last) text += /^\s*$/.test(passage.text.slice(last.end, s.start)) ? ' ' : ' … ';
      text += passage.text.slice(s.start, s.end);
      last = s;
    }
    text += ` [${i + 1}]`;
    citations.push({
      type: 'url_citation',
      url_citation: {
        start_index: start,
        end_index: text.length,
        url: dataset.urlOf(passage.document, passage.start, passage.end),
        title: titleOf(evidence),
      },
      dataset: dataset.asset,
      document: passage.document,
      contributor: passage.contributor,
      quote: passage.text,
    });
    text += '\n\n';
  });
  text += 'Sources:';
  citations.forEach((c, i) => {
    text += `\n[${i + 1}] ${c.url_citation.title} (${c.document})`;
  });
  return { text, citations, attribution: attribute(cited, dataset.asset) };
}
