import { type HTMLElement, type Node, NodeType, parse } from 'node-html-parser';
import { type Block, cleanBlocks, type Extracted, rowText } from './blocks.ts';

const SKIPPED = new Set([
  'script',
  'style',
  'nav',
  'noscript',
  'template',
  'svg',
  'canvas',
  'iframe',
  'object',
  'form',
  'button',
  'select',
  'head',
  'footer',
  'aside',
]);
const INLINE = new Set([
  'a',
  'abbr',
  'b',
  'bdi',
  'bdo',
  'cite',
  'code',
  'data',
  'del',
  'dfn',
  'em',
  'font',
  'i',
  'ins',
  'kbd',
  'label',
  'mark',
  'q',
  's',
  'samp',
  'small',
  'span',
  'strong',
  'sub',
  'sup',
  'time',
  'tt',
  'u',
  'var',
  'wbr',
]);
/** Elements inside elements beyond which a page is refused; readable pages stay below fifty. */
const MOST_DEPTH = 500;

function tagOf(node: Node): string {
  return node.nodeType === NodeType.ELEMENT_NODE ? ((node as HTMLElement).rawTagName ?? '').toLowerCase() : '';
}

function isHidden(element: HTMLElement): boolean {
  return element.hasAttribute('hidden') || element.getAttribute('aria-hidden') === 'true';
}

/** The readable text inside an element, on one line. */
function textIn(node: Node, depth: number): string {
  if (depth > MOST_DEPTH) throw new RangeError(`elements are nested more than ${MOST_DEPTH} deep`);
  if (node.nodeType === NodeType.TEXT_NODE) return node.text;
  const tag = tagOf(node);
  if (tag === '' || SKIPPED.has(tag)) return '';
  if (tag === 'br') return ' ';
  if (tag === 'img') return ` ${(node as HTMLElement).getAttribute('alt') ?? ''} `;
  const inner = node.childNodes.map((c) => textIn(c, depth + 1)).join('');
  return INLINE.has(tag) ? inner : ` ${inner} `;
}

function rowsOf(table: HTMLElement): Block[] {
  const rows = table.querySelectorAll('tr').filter((tr) => tr.closest('table') === table);
  let headers: string[] = [];
  const blocks: Block[] = [];
  for (const row of rows) {
    const cells = row.childNodes.filter((c) => /^t[hd]$/.test(tagOf(c)));
    const texts = cells.map((c) => textIn(c, 0).replace(/\s+/g, ' ').trim());
    if (headers.length === 0 && cells.length > 1 && cells.every((c) => tagOf(c) === 'th')) headers = texts;
    else blocks.push({ kind: 'row', text: rowText(headers, texts) });
  }
  return blocks;
}

/** Elements that authors may leave open; thousands of them after each other are no nesting. */
const MAY_STAY_OPEN = new Set(
  'p li dt dd tr td th thead tbody tfoot option br hr img input meta link wbr col source area base embed track'.split(
    ' ',
  ),
);

/** Refuses nesting before the parser sees it: its time grows with the square of the depth. */
function checkNesting(html: string): void {
  let depth = 0;
  for (const [, close, tag] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    if (MAY_STAY_OPEN.has(tag!.toLowerCase())) continue;
    depth = close ? Math.max(0, depth - 1) : depth + 1;
    if (depth > 4 * MOST_DEPTH) throw new RangeError(`elements are nested more than ${MOST_DEPTH} deep`);
  }
}

/** Blocks of an HTML page or fragment, without scripts, styles, navigation and what is hidden. */
export function readHtml(html: string): Extracted {
  checkNesting(html);
  // A comment that never ends hides the rest of the page.
  const root = parse(html.replace(/<!--[\s\S]*?(?:-->|$)/g, ''), {
    comment: false,
    blockTextElements: { script: false, noscript: false, style: false },
  });
  const blocks: Block[] = [];
  let loose = '';
  const flush = () => {
    blocks.push({ kind: 'paragraph', text: loose });
    loose = '';
  };

  function visit(node: Node, depth: number, kind: 'paragraph' | 'item'): void {
    if (depth > MOST_DEPTH) throw new RangeError(`elements are nested more than ${MOST_DEPTH} deep`);
    if (node.nodeType === NodeType.TEXT_NODE) {
      loose += node.text;
      return;
    }
    if (node.nodeType !== NodeType.ELEMENT_NODE) return;
    const element = node as HTMLElement;
    const tag = tagOf(node);
    if (SKIPPED.has(tag) || isHidden(element)) return;
    if (INLINE.has(tag) || tag === 'br' || tag === 'img') {
      loose += textIn(node, depth);
      return;
    }
    flush();
    const heading = /^h([1-6])$/.exec(tag);
    if (heading) {
      blocks.push({ kind: 'heading', level: Number(heading[1]), text: textIn(node, depth) });
    } else if (tag === 'pre') {
      blocks.push({ kind: 'code', text: element.text });
    } else if (tag === 'table') {
      blocks.push(...rowsOf(element));
    } else {
      const inner = tag === 'li' || tag === 'dd' || tag === 'dt' ? 'item' : kind;
      for (const child of node.childNodes) visit(child, depth + 1, inner);
      if (loose.trim() !== '') blocks.push({ kind: inner, text: loose });
      loose = '';
    }
  }

  visit(root.querySelector('main') ?? root.querySelector('body') ?? root, 0, 'paragraph');
  // The root of a fragment has no name and is not an inline element, so its loose text is flushed here.
  flush();
  const title = root.querySelector('title')?.text.replace(/\s+/g, ' ').trim();
  return { ...(title ? { title } : {}), blocks: cleanBlocks(blocks) };
}
