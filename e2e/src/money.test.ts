import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assets, channels, createWriter, tokens, type Writer } from '@tributary/chain';
import { type Address, parseUnits, type SignedReceipt } from '@tributary/protocol';
import { createTributary } from '@tributary/sdk';
import { seededRandom, testKey } from '@tributary/testing';
import { createPublicClient, http, parseAbi } from 'viem';
import { type PaidReceipt, predict, type Registration } from './support/independent-model.ts';
import { startNetwork, type TestNetwork } from './support/network.ts';

/** The money of many random answers, followed to its last base unit. */

const QUESTIONS = Number(process.env.MONEY_QUESTIONS ?? 120);
/** What `up` gives the gateway, and what it puts into the API key's channel. */
const GATEWAY_FUNDS = parseUnits('10000');
const PAYER_DEPOSIT = parseUnits('100');

let net: TestNetwork;
let writer: Writer;
before(async () => {
  net = await startNetwork();
  const { rpc, chainId, contracts } = net.network;
  writer = createWriter({ rpc, chainId, contracts, signer: testKey(0) });
});
after(() => net?.stop());

const EVENTS = parseAbi([
  'event Registered(address indexed account, address indexed owner, uint8 indexed kind, string uri, address[] upstream, uint24[] weights, uint24 dues, address minter, uint96 cap)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
]);

/** Registrations straight from the logs, with an ABI written here. */
async function readRegistrations(): Promise<Registration[]> {
  const client = createPublicClient({ transport: http(net.network.rpc) });
  const from = { fromBlock: 0n, toBlock: 'latest' } as const;
  const registered = await client.getLogs({ address: net.network.contracts.assetRegistry, event: EVENTS[0], ...from });
  return Promise.all(
    registered.map(async ({ args }) => {
      const account = args.account!.toLowerCase();
      const minted = await client.getLogs({
        address: args.account!,
        event: EVENTS[1],
        args: { from: '0x0000000000000000000000000000000000000000' },
        ...from,
      });
      return {
        account,
        owner: args.owner!.toLowerCase(),
        upstream: args.upstream!.map((u, i) => ({ account: u.toLowerCase(), weightPpm: BigInt(args.weights![i]!) })),
        holders: minted.map((m) => ({ holder: m.args.to!.toLowerCase(), shares: m.args.value! })),
      };
    }),
  );
}

const held = (who: string) => tokens.balanceOf(writer, who as Address);

/** Base units on every address the model speaks of, before a question was asked. */
async function balancesOf(addresses: Iterable<string>): Promise<Map<string, bigint>> {
  const out = new Map<string, bigint>();
  for (const a of addresses) out.set(a, await held(a));
  return out;
}

test('after random questions every balance is what the independent model predicts', async (t) => {
  const random = seededRandom('money');
  const below = (n: number) => random.between(0, n - 1);
  const registrations = await readRegistrations();
  const parties = new Set(registrations.flatMap((r) => [r.owner, ...r.holders.map((h) => h.holder)]));
  const before = await balancesOf(parties);
  const { gateway, apiKey, rpc, contracts } = net.network;
  const client = createTributary({ gateway, rpc, contracts, apiKey });

  const words = [
    'receipt',
    'gateway',
    'voucher',
    'provider',
    'claim',
    'channel',
    'reservation',
    'journal',
    'node',
    'salt',
  ];
  const pick = () => words[below(words.length)]!;
  const kinds: (() => string)[] = [
    () => `What is ${below(10_000)} * ${below(10_000)}?`,
    () => `What does a ${pick()} say about a ${pick()}?`,
    () => `How are ${pick()} and ${pick()} related?`,
    () => `Write a song about the ${below(100)} seas`,
    () => 'Which models does this network offer?',
  ];
  const models = ['auto', 'auto', 'auto', 'tributary/library', 'tributary/abacus'];
  const receipts: SignedReceipt[] = [];
  for (let asked = 0; asked < QUESTIONS; asked += 8) {
    const answers = await Promise.all(
      Array.from({ length: Math.min(8, QUESTIONS - asked) }, async () => {
        const question = kinds[below(kinds.length)]!();
        const options = { model: models[below(models.length)]! };
        if (below(3) > 0) return client.ask(question, options);
        const stream = client.stream(question, options);
        for await (const _ of stream);
        return stream.answer;
      }),
    );
    receipts.push(...answers.map((a) => a.receipt));
  }

  const paid: PaidReceipt[] = receipts.map((r) => ({
    service: r.receipt.service,
    price: r.receipt.price,
    charged: r.payment.payerTo - r.payment.payerFrom,
  }));
  assert.ok(paid.some((p) => p.price > 0n) && paid.some((p) => p.price === 0n), 'paid and free answers');
  assert.ok(
    paid.every((p) => p.price > 0n || p.charged === 0n),
    'a free answer costs nothing',
  );
  const expected = predict(registrations, paid);

  // Twice: what is settled and taken must not depend on how often somebody asks for it.
  for (let i = 0; i < 2; i++) {
    await net.cli(['settle', '--json']);
    for (const { account, holders } of registrations) {
      for (const { holder } of holders) await assets.claim(writer, account as Address, holder as Address);
      if (holders.length === 0) await assets.claimOwner(writer, account as Address);
    }
  }

  for (const party of parties) {
    assert.equal((await held(party)) - before.get(party)!, expected.earned.get(party) ?? 0n, `earned by ${party}`);
  }
  for (const { account } of registrations) {
    assert.equal(await held(account), expected.dust.get(account)!, `left on ${account}`);
  }

  const payments = receipts.map((r) => r.payment);
  const [payerChannel] = [...new Set(payments.map((p) => p.payerChannelId))];
  const hub = await channels.state(writer, payerChannel!);
  assert.equal(hub.totalClaimed, expected.charged, 'claimed from the payer');
  assert.equal(hub.balance, PAYER_DEPOSIT, 'deposit of the payer');

  const all = await channels.created(writer, {});
  const gatewayAddress = all.find((c) => c.channelId === payerChannel)!.config.receiver;
  let inSpokes = 0n;
  let claimedFromSpokes = 0n;
  for (const { channelId, config } of all.filter((c) => c.config.payer === gatewayAddress)) {
    const spoke = await channels.state(writer, channelId);
    inSpokes += spoke.balance - spoke.totalClaimed;
    claimedFromSpokes += spoke.totalClaimed;
    const promised = paid.filter((p) => p.service === config.receiver).reduce((n, p) => n + p.price, 0n);
    assert.equal(spoke.totalClaimed, promised, `claimed for ${config.receiver}`);
  }
  assert.equal(claimedFromSpokes, expected.promised);
  assert.equal(
    (await held(gatewayAddress)) + inSpokes,
    GATEWAY_FUNDS + expected.charged - expected.promised,
    'gateway',
  );

  const everywhere = [...parties, ...registrations.map((r) => r.account), gatewayAddress, contracts.channels];
  const rise = expected.promised - [...expected.earned.values(), ...expected.dust.values()].reduce((a, b) => a + b, 0n);
  assert.equal(rise, 0n, 'the model itself conserves money');
  t.diagnostic(
    `${receipts.length} answers, ${expected.charged} charged, ${expected.promised} earned, ${new Set(everywhere).size} addresses`,
  );
});

test('one thousand paid requests at concurrency 32 over one channel settle in one claim', async (t) => {
  const { gateway, apiKey, rpc, contracts } = net.network;
  const client = createTributary({ gateway, rpc, contracts, apiKey });
  const start = performance.now();
  let asked = 0;
  const receipts: SignedReceipt[] = [];
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (asked < 1000) {
        const n = asked++;
        const answer = await client.ask(`What is ${n} + ${n}?`, { model: 'tributary/abacus' });
        assert.match(answer.text, new RegExp(`\\b${2 * n}\\b`));
        receipts.push(answer.receipt);
      }
    }),
  );
  t.diagnostic(`${(1000 / ((performance.now() - start) / 1000)).toFixed(0)} requests/s`);
  assert.equal(receipts.length, 1000);
  const ordered = receipts.map((r) => r.payment).sort((a, b) => (a.payerFrom < b.payerFrom ? -1 : 1));
  for (const [i, p] of ordered.entries()) if (i > 0) assert.equal(p.payerFrom, ordered[i - 1]!.payerTo);

  const settled = await fetch(`${gateway}/tributary/settle`, { method: 'POST' });
  const report = (await settled.json()) as {
    claimed: { totalClaimed: string }[];
    skipped: unknown[];
    transactions: string[];
  };
  assert.deepEqual(report.skipped, []);
  assert.equal(report.claimed.length, 1, 'one row');
  assert.equal(report.transactions.length, 1, 'one transaction');
  assert.equal(BigInt(report.claimed[0]!.totalClaimed), ordered.at(-1)!.payerTo);
});
