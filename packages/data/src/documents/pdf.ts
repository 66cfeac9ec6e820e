import { extractText, getDocumentProxy, getMeta } from 'unpdf';
import { type Block, cleanBlocks, type Extracted } from './blocks.ts';
import { looksLikeHeading } from './plain-text.ts';

const MOST_PAGES = 2_000;

/**
 * Lines of a page to headings and paragraphs. A line well short of the usual width ends a paragraph when it ends a sentence
 * or when the next line begins like one.
 */
function blocksOf(page: string): Block[] {
  const lines = page.split('\n').map((l) => l.trim());
  const widest = Math.max(0, ...lines.map((l) => l.length));
  const out: Block[] = [];
  let current = '';
  const flush = () => {
    const text = current.trim();
    out.push(looksLikeHeading(text) ? { kind: 'heading', level: 3, text } : { kind: 'paragraph', text });
    current = '';
  };
  lines.forEach((line, i) => {
    if (line !== '') {
      // A word cut at the end of a line is put together again.
      current = /\p{Ll}-$/u.test(current) && /^\p{Ll}/u.test(line) ? current.slice(0, -1) + line : `${current} ${line}`;
    }
    const isShort = line.length < widest * 0.75;
    const next = lines[i + 1] ?? '';
    if (line === '' || (isShort && (/[.!?:]["'”’)]?$/.test(line) || /^[\p{Lu}\p{N}•]/u.test(next)))) flush();
  });
  flush();
  return out;
}

/** Blocks of a PDF's text, page by page; each page is a section named after its number. Pictures are not read. */
export async function readPdf(bytes: Uint8Array): Promise<Extracted> {
  // A copy: the reader takes the buffer it is given for itself. Verbosity 0 keeps its warnings off the console.
  const pdf = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
  try {
    if (pdf.numPages > MOST_PAGES) throw new RangeError(`more than ${MOST_PAGES} pages`);
    const { text } = await extractText(pdf, { mergePages: false });
    const blocks = text.flatMap((page, i): Block[] => [
      ...(text.length > 1 ? [{ kind: 'heading' as const, level: 2, text: `Page ${i + 1}` }] : []),
      ...blocksOf(page),
    ]);
    const { info } = await getMeta(pdf);
    const title =
      typeof info.Title === 'string' && info.Title.trim() !== '' ? info.Title.trim().slice(0, 200) : undefined;
    return { ...(title ? { title } : {}), blocks: cleanBlocks(blocks) };
  } finally {
    await pdf.loadingTask.destroy();
  }
}
