import { Lexer, type Token, type Tokens } from 'marked';
import { type Block, cleanBlocks, type Extracted, rowText } from './blocks.ts';
import { readHtml } from './html.ts';
import { readPlainText } from './plain-text.ts';

const MOST_DEPTH = 200;

/** What a reader sees of inline Markdown: no marks, no addresses of links. */
function inlineText(tokens: readonly Token[] | undefined, depth = 0): string {
  if (depth > MOST_DEPTH) throw new RangeError(`marks are nested more than ${MOST_DEPTH} deep`);
  let out = '';
  for (const t of tokens ?? []) {
    if (t.type === 'br') out += ' ';
    else if (t.type === 'html' || t.type === 'checkbox') out += '';
    else if ('tokens' in t && t.tokens && t.tokens.length > 0) out += inlineText(t.tokens, depth + 1);
    else if ('text' in t && typeof t.text === 'string') out += t.text;
  }
  return out;
}

function visit(tokens: readonly Token[], kind: 'paragraph' | 'item', out: Block[], depth: number): void {
  if (depth > MOST_DEPTH) throw new RangeError(`blocks are nested more than ${MOST_DEPTH} deep`);
  for (const token of tokens) {
    switch (token.type) {
      case 'heading':
        out.push({ kind: 'heading', level: token.depth, text: inlineText(token.tokens) });
        break;
      case 'paragraph':
      case 'text':
        out.push({ kind, text: inlineText(token.tokens ?? [token]) });
        break;
      case 'code':
        out.push({ kind: 'code', text: token.text });
        break;
      case 'blockquote':
        visit(token.tokens ?? [], kind, out, depth + 1);
        break;
      case 'list':
        for (const item of (token as Tokens.List).items) visit(item.tokens, 'item', out, depth + 1);
        break;
      case 'table': {
        const table = token as Tokens.Table;
        const headers = table.header.map((c) => inlineText(c.tokens).trim());
        for (const row of table.rows) {
          out.push({
            kind: 'row',
            text: rowText(
              headers,
              row.map((c) => inlineText(c.tokens).trim()),
            ),
          });
        }
        break;
      }
      case 'html':
        out.push(...readHtml(token.text).blocks);
        break;
    }
  }
}

const FRONT_MATTER = /^---\r?\n([\s\S]{0,10000}?)\r?\n---\r?\n/;

/** Characters of one paragraph beyond which its marks are left as they are: finding them takes quadratic time. */
const MOST_INLINE = 8_000;
/** Lists and quotes this deep are nobody's writing. */
const TOO_DEEP = /^[\t >]{150,}\S/m;

function lex(source: string): Token[] {
  const lexer = new Lexer({ gfm: true });
  lexer.blockTokens(source.replace(/\r\n?/g, '\n'), lexer.tokens);
  for (const { src, tokens } of lexer.inlineQueue) {
    if (src.length <= MOST_INLINE) lexer.inlineTokens(src, tokens);
    else tokens.push({ type: 'text', raw: src, text: src });
  }
  return lexer.tokens;
}

/** Blocks of a Markdown text (GitHub's dialect). A title in front matter counts as the document's. */
export function readMarkdown(source: string): Extracted {
  const front = FRONT_MATTER.exec(source);
  const title = front && /^title:\s*["']?(.+?)["']?\s*$/m.exec(front[1]!)?.[1];
  if (TOO_DEEP.test(source)) return readPlainText(source);
  const blocks: Block[] = [];
  visit(lex(front ? source.slice(front[0].length) : source), 'paragraph', blocks, 0);
  // Entities are left as written by the lexer.
  const decoded = blocks.map((b) => (b.kind === 'code' ? b : { ...b, text: decodeEntities(b.text) }));
  return { ...(title ? { title } : {}), blocks: cleanBlocks(decoded) };
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", apos: "'", nbsp: ' ' };

function decodeEntities(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39|apos|nbsp);/g, (_, name: string) => ENTITIES[name]!);
}
