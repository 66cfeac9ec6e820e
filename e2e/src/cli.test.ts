import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startNetwork, type TestNetwork } from './support/network.ts';

/** What a newcomer types after `npm start`, in that order. */

let net: TestNetwork;
before(async () => {
  net = await startNetwork();
});
after(() => net?.stop());

const HASH = /0x[0-9a-f]{64}/;

test('a newcomer asks, checks, settles, follows the money and sees who earned', async () => {
  const asked = await net.cli(['ask', 'Why does the payer number its own promises?', '--json']);
  const answer = JSON.parse(asked.stdout) as Record<string, unknown> & { receipt?: string; text?: string };
  assert.match(JSON.stringify(answer), /tributary\/library/);

  const promised = await net.cli(['trace']);
  assert.match(promised.stdout, /[Pp]romised, not yet claimed/);
  const verified = await net.cli(['verify', '--json']);
  assert.equal((JSON.parse(verified.stdout) as { valid: boolean; claimed: boolean }).claimed, false);

  await net.cli(['settle']);
  const traced = await net.cli(['trace']);
  assert.doesNotMatch(traced.stdout, /not yet claimed/);
  for (const kind of ['service', 'device', 'model', 'dataset']) {
    assert.match(traced.stdout, new RegExp(`${kind}.*${HASH.source}`), `${kind} with its transaction`);
  }
  assert.equal(traced.stdout.match(/holder of/g)?.length, 3, 'three contributors');
  const claimed = JSON.parse((await net.cli(['verify', '--json'])).stdout) as { valid: boolean; claimed: boolean };
  assert.deepEqual([claimed.valid, claimed.claimed], [true, true]);

  const earnings = await net.cli(['earnings', '--json']);
  JSON.parse(earnings.stdout);
  const doctor = await net.cli(['doctor']);
  assert.match(doctor.stdout, /gateway/);
});

test('verify needs only receipt, answer and RPC URL, and a changed word fails it', async () => {
  const asked = await fetch(`${net.network.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${net.network.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tributary/abacus', messages: [{ role: 'user', content: 'What is 6 * 7?' }] }),
  });
  const completion = (await asked.json()) as {
    choices: { message: { content: string } }[];
    tributary: { receipt: unknown };
  };
  const receipt = join(net.home, 'one.receipt.json');
  const answer = join(net.home, 'one.answer.json');
  await writeFile(receipt, JSON.stringify(completion.tributary.receipt));
  await writeFile(answer, JSON.stringify(completion));
  const elsewhere = join(net.home, 'elsewhere');
  const args = ['verify', receipt, '--answer', answer, '--rpc', net.network.rpc, '--home', elsewhere, '--json'];
  const good = JSON.parse((await net.cli(args)).stdout) as { valid: boolean; answerCompared: boolean };
  assert.deepEqual([good.valid, good.answerCompared], [true, true]);

  completion.choices[0]!.message.content = completion.choices[0]!.message.content.replace('42', '43');
  await writeFile(answer, JSON.stringify(completion));
  await assert.rejects(net.cli(args), (e: { code?: number }) => e.code === 1);
  const signed = JSON.parse(await readFile(receipt, 'utf8')) as { receipt: { price: string } };
  signed.receipt.price = '1';
  await writeFile(receipt, JSON.stringify(signed));
  await assert.rejects(net.cli(args.toSpliced(2, 2)), (e: { code?: number }) => e.code === 1);
});

test('same question, same data, same bytes', async () => {
  const ask = async (content: string) => {
    const response = await fetch(`${net.network.gateway}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${net.network.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'tributary/library',
        provider: { only: ['north'] },
        messages: [{ role: 'user', content }],
      }),
    });
    return JSON.stringify(((await response.json()) as { choices: unknown }).choices);
  };
  const question = 'What happens to a reservation when an answer fails?';
  assert.equal(await ask(question), await ask(question));
});

test('mistakes on the command line end with exit code 1 or 2, and say what to do', async () => {
  for (const args of [
    ['ask'],
    ['verify', '/no/such/file'],
    ['trace', '-'],
    ['ask', 'x', '--model', 'no/such'],
    ['nonsense'],
  ]) {
    await assert.rejects(net.cli(args), (e: { code?: number; stderr?: string }) => {
      assert.ok(e.code === 1 || e.code === 2, `${args}: ${e.code}`);
      assert.ok((e.stderr ?? '').length > 10, args.join(' '));
      return true;
    });
  }
});

test('a second start in the same home says who has it', async () => {
  await assert.rejects(net.cli(['up', '--port', '0']), (e: { stderr?: string }) =>
    /already uses the data folder/.test(e.stderr ?? ''),
  );
});

test('starting again goes on where it was', async () => {
  const { apiKey, assets } = net.network;
  assert.equal(await net.stop({ keepHome: true }), 0);
  net = await startNetwork({ home: net.home });
  assert.equal(net.network.apiKey, apiKey);
  assert.deepEqual(net.network.assets, assets);
  assert.match((await net.cli(['trace'])).stdout, HASH);
  assert.match((await net.cli(['ask', 'What is 5 * 5?', '--model', 'tributary/abacus'])).stdout, /25/);
});
