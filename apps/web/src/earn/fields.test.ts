import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrongAddress, wrongDescription, wrongFolder, wrongName, wrongUrl } from './fields.ts';

test('good input passes, anything else is answered by a sentence', () => {
  const cases: [(text: string) => string | null, string[], string[]][] = [
    [
      wrongName,
      ['a', 'my box', 'org/model-7B_v1.2', 'Größe'],
      ['', '  ', '-x', '$(rm)', "it's", 'x'.repeat(61), 'a\nb'],
    ],
    [wrongUrl, ['http://127.0.0.1:11434/v1', 'https://x.org'], ['', 'x', 'ftp://x', 'javascript:alert(1)', '//x']],
    [wrongFolder, ['./docs', 'C:\\docs'], ['', ' ', 'a\nb']],
    [
      wrongAddress,
      [`0x${'aB'.repeat(20)}`, ` 0x${'0'.repeat(40)} `],
      ['', '0x', `0x${'g'.repeat(40)}`, '1'.repeat(42)],
    ],
    [wrongDescription, ['', 'x'.repeat(400)], ['x'.repeat(401)]],
  ];
  for (const [check, good, bad] of cases) {
    for (const text of good) assert.equal(check(text), null, text);
    for (const text of bad) assert.match(check(text) ?? '', /\.$/, text);
  }
});
