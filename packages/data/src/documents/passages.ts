import { sentences } from '@tributary/work';
import type { Block, Extracted } from './blocks.ts';

/** A piece of a document's text under its headings; offsets are UTF-16 units of the text. */
export interface Piece {
  headings: string[];
  text: string;
  start: number;
  end: number;
}

/** Passages are filled up to this many characters where the text allows. */
const USUAL_MOST = 900;
/** Passages shorter than this take in the next paragraph even when they then grow beyond the usual. */
const USUAL_LEAST = 400;
/** Only what no sentence ends within is cut inside, between words. */
const LONGEST = 2_000;

/** Parts of a block that is too long for one passage: sentences (lines of code) put together, never cut unless endless. */
function parts(block: Block): string[] {
  if (block.text.length <= USUAL_MOST || block.kind === 'row') return cutEndless(block.text);
  const units =
    block.kind === 'code' ? block.text.split('\n') : sentences(block.text).map((s) => block.text.slice(s.start, s.end));
  const joint = block.kind === 'code' ? '\n' : ' ';
  const out: string[] = [];
  let current = '';
  for (const unit of units) {
    if (current !== '' && current.length + unit.length + 1 > USUAL_MOST) {
      out.push(current);
      current = '';
    }
    current = current === '' ? unit : current + joint + unit;
  }
  if (current.trim() !== '') out.push(current);
  return out.flatMap(cutEndless);
}

function cutEndless(text: string): string[] {
  const out: string[] = [];
  let rest = text;
  while (rest.length > LONGEST) {
    const space = rest.lastIndexOf(' ', LONGEST);
    let at = space > LONGEST / 2 ? space : LONGEST;
    // Never between the two halves of a character.
    if (/[\ud800-\udbff]/.test(rest[at - 1]!)) at--;
    out.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  out.push(rest);
  return out;
}

/** The text of a document and its passages, each under one heading and made of whole paragraphs, items and rows. */
export function cutPassages({ title, blocks }: Extracted): {
  title: string | undefined;
  text: string;
  pieces: Piece[];
} {
  let text = '';
  const pieces: Piece[] = [];
  const path: { level: number; text: string }[] = [];
  let open: Piece | undefined;
  const firstHeading = blocks.find((b) => b.kind === 'heading' && b.level === 1)?.text;
  // A page's own title helps only when no heading says the same.
  const above = title !== undefined && firstHeading === undefined ? [title] : [];

  function append(part: string, separator: string): { start: number; end: number } {
    if (text !== '') text += separator;
    const start = text.length;
    text += part;
    return { start, end: text.length };
  }

  let previous: Block['kind'] | undefined;
  for (const block of blocks) {
    if (block.kind === 'heading') {
      while (path.length > 0 && path.at(-1)!.level >= block.level) path.pop();
      path.push({ level: block.level, text: block.text });
      append(block.text, '\n\n');
      open = undefined;
      previous = 'heading';
      continue;
    }
    const tight = previous === block.kind && (block.kind === 'item' || block.kind === 'row');
    for (const part of parts(block)) {
      const { start, end } = append(part, tight ? '\n' : '\n\n');
      if (
        open &&
        (end - open.start <= USUAL_MOST || (open.end - open.start < USUAL_LEAST && part.length <= USUAL_MOST))
      ) {
        open.end = end;
      } else {
        open = { headings: [...above, ...path.map((h) => h.text)], text: '', start, end };
        pieces.push(open);
      }
    }
    previous = block.kind;
  }
  for (const p of pieces) p.text = text.slice(p.start, p.end);
  return { title: firstHeading ?? title, text, pieces };
}
