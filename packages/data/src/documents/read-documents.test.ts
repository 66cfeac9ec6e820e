import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { type Address, DatasetManifest, manifestDigest, TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { contributorRule } from './contributors.ts';
import { readDocuments } from './read-documents.ts';
import { textPdf } from './text-pdf.ts';

const ANNA: Address = `0x${'a1'.repeat(20)}`;
const BERT: Address = `0x${'b2'.repeat(20)}`;
const HANDBOOK = new URL('../../../../docs/handbook/', import.meta.url).pathname;
const folders: string[] = [];
after(() => Promise.all(folders.map((f) => rm(f, { recursive: true }))));

async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tributary-documents-'));
  folders.push(root);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

const everyone = () => ANNA;

test('the handbook: four formats, three contributors, nothing skipped', async () => {
  const set = await readDocuments(HANDBOOK, {
    name: 'Handbook',
    contributors: contributorRule({ 'money/': ANNA, 'operating/': BERT, '*': `0x${'c3'.repeat(20)}` }),
  });
  assert.equal(set.documents.length, 30);
  assert.deepEqual(set.skipped, []);
  assert.equal(new Set(set.documents.map((d) => d.contributor)).size, 3);
  assert.deepEqual(DatasetManifest.parse(set.manifest), set.manifest);
  assert.equal(set.digest, manifestDigest(set.manifest));
  const text = set.passages.map((p) => p.text).join('\n');
  assert.ok(
    !text.includes('not part of the text') && !text.includes('font-family') && !text.includes('Part of the handbook'),
  );
  assert.ok(text.includes('Scheme: exact; Needs a deposit: no; Best for: a single question now and then'));
  assert.ok(set.passages.every((p) => p.text.length <= 900));
});

test('the handbook’s PDF is what its text says', async () => {
  const fixtures = new URL('../../fixtures/', import.meta.url);
  const source = await readFile(new URL('promises.txt', fixtures), 'utf8');
  const pages = source.split(/^---$/m).map((page) => page.trim().split(/\n\n+/));
  const expected = Buffer.from(textPdf('What Tributary promises', pages));
  assert.deepEqual(await readFile(join(HANDBOOK, 'concepts/promises.pdf')), expected);
});

test('reading again takes unchanged documents over and gives the same digest', async () => {
  const root = await folderOf({
    'a.md': '# A\n\nAlpha is first.',
    'b.txt': 'Beta is second.',
    'c.html': '<p>Gamma is third.</p>',
  });
  const first = await readDocuments(root, { name: 'n', contributors: everyone });
  const same = await readDocuments(root, { name: 'n', contributors: everyone, previous: first });
  assert.deepEqual({ ...same, reused: 0 }, first);
  assert.equal(same.reused, 3);
  await writeFile(join(root, 'b.txt'), 'Beta has changed.');
  await rm(join(root, 'c.html'));
  const changed = await readDocuments(root, { name: 'n', contributors: () => BERT, previous: same });
  assert.equal(changed.reused, 1);
  assert.deepEqual(
    changed.passages.map((p) => [p.document, p.text, p.contributor]),
    [
      ['a.md', 'Alpha is first.', BERT],
      ['b.txt', 'Beta has changed.', BERT],
    ],
  );
  assert.deepEqual(changed, { ...(await readDocuments(root, { name: 'n', contributors: () => BERT })), reused: 1 });
});

test('what cannot be read is reported with a reason and skipped', async () => {
  const root = await folderOf({
    'good.md': 'Some text.',
    'copy.md': 'Some text.',
    'empty.md': ' \n',
    'binary.txt': new Uint8Array([1, 0, 2]),
    'broken.pdf': '%PDF-1.4 and then nothing',
    'picture.png': 'x',
    'long.txt': 'x'.repeat(300),
    'nobody/a.md': 'Whose is this?',
    '.hidden/a.md': 'hidden',
  });
  await symlink('/etc/hostname', join(root, 'out.txt'));
  await symlink(root, join(root, 'loop'));
  await symlink('nothing-there', join(root, 'dangling.txt'));
  const { documents, skipped } = await readDocuments(root, {
    name: 'n',
    contributors: contributorRule({ '*.*': ANNA }),
    maxDocumentBytes: 200,
  });
  assert.deepEqual(
    documents.map((d) => d.name),
    ['copy.md'],
  );
  assert.deepEqual(
    skipped.map((s) => [s.name, s.reason.replace(/: .*/, '')]),
    [
      ['binary.txt', 'cannot be read'],
      ['broken.pdf', 'cannot be read'],
      ['dangling.txt', 'is a link to nothing'],
      ['empty.md', 'has no text'],
      ['good.md', 'is a copy of copy.md'],
      ['long.txt', 'cannot be read'],
      ['loop', 'is a link out of the folder'],
      ['nobody/a.md', 'has no contributor'],
      ['out.txt', 'is a link out of the folder'],
      ['picture.png', 'is neither Markdown, HTML, plain text nor PDF'],
    ],
  );
});

test('a folder that is not there is an error with a hint', async () => {
  await assert.rejects(
    readDocuments('/nowhere/at/all', { name: 'n', contributors: everyone }),
    (e) => TributaryError.is(e) && e.code === 'documents_unreadable' && e.hint !== undefined,
  );
});

test('a PDF gives its text by pages, words cut at line ends are put together', async () => {
  const root = await folderOf({
    'a.pdf': textPdf('Title', [['One page speaks of rivers.'], ['Another speaks of the sea.']]),
  });
  const { passages } = await readDocuments(root, { name: 'n', contributors: everyone });
  assert.deepEqual(
    passages.map((p) => [p.headings, p.text]),
    [
      [['Title', 'Page 1'], 'One page speaks of rivers.'],
      [['Title', 'Page 2'], 'Another speaks of the sea.'],
    ],
  );
});

test('contributors: the first entry that fits decides; a malformed map is refused', () => {
  const rule = contributorRule({ 'guides/secret.md': ANNA, 'guides/': BERT, '**/*.pdf': ANNA });
  assert.equal(rule('guides/secret.md'), ANNA);
  assert.equal(rule('guides/deep/x.md'), BERT);
  assert.equal(rule('other/x.pdf'), ANNA);
  assert.equal(rule('other/x.md'), undefined);
  assert.throws(
    () => contributorRule({ a: 'not an address' }),
    (e) => TributaryError.is(e) && e.code === 'contributors_invalid',
  );
});

test('any bytes under any name are read or reported, never thrown', async () => {
  const root = await folderOf({});
  const soup = fc.string({
    unit: fc.constantFrom(
      '#',
      ' ',
      '\n',
      '|',
      '-',
      '`',
      '<',
      '>',
      '<div>',
      '</p>',
      '<table><tr><td>',
      '[',
      '](',
      '*',
      '&amp;',
      'word ',
      '. ',
      '%PDF-1.4\n',
      '\0',
      '€',
      '\ud800',
      '> ',
      '1. ',
    ),
    maxLength: 120,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('md', 'html', 'txt', 'pdf'),
      fc.oneof(soup, fc.uint8Array({ maxLength: 200 })),
      async (ending, content) => {
        const path = join(root, `x.${ending}`);
        await writeFile(path, content);
        const { documents, skipped } = await readDocuments(path, { name: 'n', contributors: everyone });
        assert.equal(documents.length + skipped.length, 1);
      },
    ),
    { numRuns: 300 },
  );
});

test('deep nesting and endless marks neither crash nor hang the reader', async () => {
  const root = await folderOf({
    'deep.html': `${'<div>'.repeat(20_000)}text`,
    'quotes.md': `${'> '.repeat(5_000)}text`,
    'lists.md': Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}- a`).join('\n'),
    'marks.md': '_a__'.repeat(10_000),
    'comments.html': '<!--'.repeat(20_000),
  });
  const before = performance.now();
  const { documents, skipped } = await readDocuments(root, { name: 'n', contributors: everyone });
  assert.equal(documents.length + skipped.length, 5);
  assert.ok(performance.now() - before < 5_000);
});
