import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { provideCommand, publishCommand, shellWord } from './command.ts';

const plan = {
  name: 'my box',
  upstream: 'http://127.0.0.1:11434/v1',
  documents: null,
  perRequest: 100n,
  perMillionPrompt: 150_000n,
  perMillionCompletion: 600_000n,
};

test('whatever somebody types stays one word of the shell', () => {
  const word = fc.string().filter((s) => !s.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (words) => {
      const said = execFileSync(
        'sh',
        ['-c', `for w in ${words.map(shellWord).join(' ')}; do printf '%s\\0' "$w"; done`],
        {
          encoding: 'utf8',
        },
      );
      assert.deepEqual(said.split('\0').slice(0, -1), words);
    }),
    { numRuns: 40 },
  );
});

test('the command line understands what the page writes', () => {
  assert.equal(
    provideCommand(plan, undefined, true),
    "npx tributary provide --name 'my box' --upstream http://127.0.0.1:11434/v1 --per-request 0.0001 --per-million-prompt 0.15 --per-million-completion 0.6",
  );
  assert.equal(
    publishCommand(
      {
        kind: 'model',
        name: 'm',
        description: '',
        upstream: [{ account: `0x${'1'.repeat(40)}`, weightPpm: 305_000 }],
        holders: [{ holder: `0x${'2'.repeat(40)}`, shares: 50n * 10n ** 18n }],
        duesPpm: 20_000,
      },
      undefined,
      true,
    ),
    `npx tributary publish model --name m --upstream 0x${'1'.repeat(40)}=30.5% --holder 0x${'2'.repeat(40)}=50 --dues 2%`,
  );
});
