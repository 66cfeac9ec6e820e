import { type Block, cleanBlocks, type Extracted } from './blocks.ts';

const ITEM = /^\s*(?:[-*•–]|\d{1,3}[.)])\s+/;
const UNDERLINE = /^\s*([=\-~*])\1{2,}\s*$/;

/** True for a line that stands alone in capitals, as headings of plain texts often do. */
function isCapitals(line: string): boolean {
  return line.length <= 80 && /\p{Lu}{3}/u.test(line) && !/\p{Ll}/u.test(line);
}

/** True for a short line without an end of sentence, such as "How it works": alone between empty lines it is a heading. */
export function looksLikeHeading(line: string): boolean {
  return line.length <= 60 && /^[\p{Lu}\p{N}“"'‘]/u.test(line) && !/[.!?:;,]$/.test(line) && /\p{L}{2}/u.test(line);
}

/**
 * Blocks of plain text: paragraphs are separated by empty lines, items begin with a mark. Headings are underlined
 * or stand alone; those in capitals are above the others.
 */
export function readPlainText(source: string): Extracted {
  const blocks: Block[] = [];
  for (const chunk of source.replace(/\r\n?/g, '\n').split(/\n[\t ]*(?:\n[\t ]*)+|\f/)) {
    const lines = chunk.split('\n').filter((l) => l.trim() !== '');
    let current: Block | undefined;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!;
      const next = lines[i + 1];
      if (next !== undefined && UNDERLINE.test(next) && line.trim().length <= 120) {
        blocks.push({ kind: 'heading', level: next.includes('=') ? 1 : 2, text: line });
        i++;
        current = undefined;
      } else if (UNDERLINE.test(line)) {
        current = undefined;
      } else if (lines.length === 1 && (isCapitals(line.trim()) || looksLikeHeading(line.trim()))) {
        blocks.push({ kind: 'heading', level: isCapitals(line.trim()) ? 2 : 3, text: line });
      } else if (ITEM.test(line)) {
        current = { kind: 'item', text: line.replace(ITEM, '') };
        blocks.push(current);
      } else if (current) {
        current.text += ` ${line}`;
      } else {
        current = { kind: 'paragraph', text: line };
        blocks.push(current);
      }
    }
  }
  return { blocks: cleanBlocks(blocks) };
}
