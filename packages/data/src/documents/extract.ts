import { extname } from 'node:path';
import type { Extracted } from './blocks.ts';
import { readHtml } from './html.ts';
import { readMarkdown } from './markdown.ts';
import { readPdf } from './pdf.ts';
import { readPlainText } from './plain-text.ts';

/** Kinds of documents by the ending of their name. */
const KINDS: Record<string, 'markdown' | 'html' | 'text' | 'pdf'> = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.mdx': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.xhtml': 'html',
  '.txt': 'text',
  '.text': 'text',
  '.rst': 'text',
  '.pdf': 'pdf',
};

/** The kind of a document, or undefined for a file that is none. */
export function documentKind(name: string): 'markdown' | 'html' | 'text' | 'pdf' | undefined {
  return KINDS[extname(name).toLowerCase()];
}

/** The text of bytes in UTF-8, UTF-16 with a byte order mark, or else Windows-1252. Throws on binary data. */
function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.includes(0)) throw new Error('it is binary and no text');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Blocks of a document's bytes. Throws an `Error` whose message says what is wrong with it. */
export async function extractBlocks(name: string, bytes: Uint8Array): Promise<Extracted> {
  const kind = documentKind(name);
  if (kind === 'pdf') return readPdf(bytes);
  const text = decodeText(bytes);
  if (kind === 'html') return readHtml(text);
  if (kind === 'markdown') return readMarkdown(text);
  return readPlainText(text);
}
