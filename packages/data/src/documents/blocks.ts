/**
 * What every kind of document is read into: headings and pieces of text. A piece is what a person would not tear apart
 * lightly: a paragraph, a list item, a table row, a block of code.
 */
export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph' | 'item' | 'row' | 'code'; text: string };

/** A document's blocks; `title` is said by the document itself and not among its headings. */
export interface Extracted {
  title?: string;
  blocks: Block[];
}

/** One line with single spaces; control and invisible characters are taken out. */
function oneLine(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g, '')
    .trim();
}

/** A table row as a sentence of its own: "Port: 8787; Meaning: the gateway". */
export function rowText(headers: readonly string[], cells: readonly string[]): string {
  return cells
    .map((cell, i) => {
      const header = headers[i] ?? '';
      return cell === '' ? '' : header === '' ? cell : `${header}: ${cell}`;
    })
    .filter((part) => part !== '')
    .join('; ');
}

/** Blocks without empty ones. */
export function cleanBlocks(blocks: readonly Block[]): Block[] {
  return blocks.flatMap((b) => {
    const text =
      b.kind === 'code'
        ? b.text
            .replace(/\r\n?/g, '\n')
            .replace(/[^\P{Cc}\n\t]/gu, '')
            .trimEnd()
        : oneLine(b.text);
    return text.trim() === '' ? [] : [{ ...b, text }];
  });
}
