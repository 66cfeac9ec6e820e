import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceCard } from '@tributary/protocol';
import fc from 'fast-check';
import { createCatalog } from './catalog.ts';
import { type Candidate, filterByChoice, orderOf } from './choose.ts';
import { quoteOf } from './quote.ts';

const FEE = 50_000n;
const address = (n: number) => `0x${n.toString(16).padStart(40, '0')}` as const;

/** Candidates named a, b, c … with prompt prices in base units per million. */
function candidates(...prices: bigint[]): Candidate[] {
  const catalog = createCatalog();
  return prices.map((price, i) => {
    const account = address(i + 1);
    const card = ServiceCard.parse({
      service: account,
      agentId: '1',
      chainId: 1,
      endpoint: 'http://node.example',
      expert: 'relay',
      model: {
        id: 'm',
        name: 'm',
        description: '',
        asset: account,
        digest: `0x${'0'.repeat(64)}`,
        contextTokens: 1000,
        maxOutputTokens: 1000,
      },
      provider: String.fromCharCode(97 + i),
      price: { token: account, perRequest: '0', perMillionPrompt: String(price), perMillionCompletion: '0' },
      supports: [],
      deterministic: false,
      issuedAt: 1,
    });
    const service = catalog.put({ account, agentWallet: account, card, signed: { card, signature: account } });
    return { service, quote: quoteOf(card, { messages: [{ role: 'user', content: 'x' }] }, 100, FEE) };
  });
}

const names = (list: readonly Candidate[]) => list.map((c) => c.service.card.provider).join('');

test('only, ignore and order choose by provider name or account', () => {
  const all = candidates(1n, 2n, 3n);
  assert.equal(names(filterByChoice(all, { only: ['A', address(3)] }, FEE)), 'ac');
  assert.equal(names(filterByChoice(all, { ignore: ['b'] }, FEE)), 'ac');
  assert.equal(names(orderOf(all, { order: ['c', 'a'], sort: 'price' })), 'cab');
  assert.equal(names(filterByChoice(all, { order: ['c'], allow_fallbacks: false }, FEE)), 'c');
});

test('max_price counts the gateway fee and names the cheapest when nobody is left', () => {
  const all = candidates(1_000_000n, 2_000_000n);
  assert.equal(names(filterByChoice(all, { max_price: { prompt: 1.05 } }, FEE)), 'a');
  assert.throws(() => filterByChoice(all, { max_price: { prompt: 1.04 } }, FEE), {
    code: 'max_price_exceeded',
    hint: /The cheapest is a at/,
  });
});

test('sort by price, latency and throughput switches balancing off', () => {
  const all = candidates(3n, 1n, 2n).map((c) => ({
    ...c,
    quote: { ...c.quote, price: BigInt(names([c]) === 'a' ? 3 : names([c]) === 'b' ? 1 : 2) },
  }));
  all[0]!.service.latency.observe({ firstTokenMs: 5, totalMs: 10, completionTokens: 1 });
  all[1]!.service.latency.observe({ firstTokenMs: 9, totalMs: 10, completionTokens: 100 });
  assert.equal(names(orderOf(all, { sort: 'price' })), 'bca');
  assert.equal(names(orderOf(all, { sort: 'latency' })), 'abc');
  assert.equal(names(orderOf(all, { sort: 'throughput' })), 'bac');
});

test('of two picked at random the less loaded one is asked first, and a broken one last', () => {
  const all = candidates(1n, 1n);
  for (let i = 0; i < 5; i++) all[0]!.service.latency.begin();
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (r) => names(orderOf(all, null, () => r)) === 'ba'),
  );
  for (let i = 0; i < 3; i++) all[1]!.service.breaker.fail();
  assert.equal(names(orderOf(all, null)), 'ab');
});

test('every order is a permutation of the candidates', () => {
  const all = candidates(1n, 2n, 3n, 4n);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 2 }), (randoms) => {
      let i = 0;
      const order = orderOf(all, null, () => randoms[i++ % randoms.length]!);
      assert.equal([...names(order)].sort().join(''), 'abcd');
    }),
  );
});
