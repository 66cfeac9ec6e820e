import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Hex32, TributaryError, toWire } from '@tributary/protocol';
import fc from 'fast-check';
import { apiKeyCurveKey, newApiKey } from './api-key.ts';
import { curve } from './curve.ts';
import { createHubBook } from './hub-book.ts';
import { type HubBook, type HubCharge, HubRecord } from './hub-types.ts';
import { apiKeyConfig, BODY_HASH, digests, id, NOW, onChain, reservation, terms, voucher } from './test-support.ts';

const BALANCE = 400n;
const API_KEY = newApiKey();
const KEY = apiKeyCurveKey(API_KEY);
const CONFIG = apiKeyConfig(API_KEY);
const CHANNEL = digests.channelId(CONFIG);

type Step =
  | { do: 'apiKey' | 'x402'; amount: bigint }
  | { do: 'sdk'; amount: bigint; slack: bigint }
  | { do: 'charge'; pick: number; percent: bigint }
  | { do: 'release'; pick: number }
  | { do: 'replay'; pick: number }
  | { do: 'flush' | 'restart' };

const amount = fc.bigInt(0n, 60n);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('apiKey' as const, 'x402' as const), amount }),
  fc.record({ do: fc.constant('sdk' as const), amount, slack: fc.constantFrom(-1n, 0n, 0n, 7n) }),
  fc.record({ do: fc.constant('charge' as const), pick: fc.nat(), percent: fc.constantFrom(0n, 37n, 100n, 100n) }),
  fc.record({ do: fc.constant('release' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('replay' as const), pick: fc.nat() }),
  fc.record({ do: fc.constantFrom('flush' as const, 'restart' as const) }),
);

function fresh(): HubBook {
  return createHubBook({ digests, curve, terms, now: () => NOW });
}

/** What must survive a restart. */
function lasting(book: HubBook): unknown {
  return book.claims().map((c) => ({ ...c, voucher: c.voucher.maxClaimableAmount >= c.totalClaimed }));
}

test('any interleaving of requests, faults and restarts keeps the promises of the book', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), (steps) => {
      const disk: string[] = [];
      let memory: HubRecord[] = [];
      let book = fresh();
      const open = new Map<Hex32, { amount: bigint; sdk: boolean }>();
      const usedBySdk: Hex32[] = [];
      const chargedOnDisk = new Set<Hex32>();
      let sum = 0n;
      let serial = 0;

      const flush = () => {
        for (const r of memory) {
          disk.push(toWire(r));
          book.apply(r);
          if (r.kind === 'hub.charge') {
            assert.ok(!chargedOnDisk.has(r.requestId), 'a request is charged once');
            chargedOnDisk.add(r.requestId);
          }
        }
        memory = [];
      };
      const learn = () => memory.push(...book.learn(CONFIG, onChain(BALANCE)));
      learn();
      flush();

      for (const s of steps) {
        const channel = book.channel(CHANNEL)!;
        if (s.do === 'apiKey' || s.do === 'x402' || s.do === 'sdk') {
          const requestId = id(++serial);
          const ceiling =
            s.do === 'sdk' ? channel.charged + channel.reserved + s.amount + s.slack : channel.charged + s.amount;
          const v = voucher(CHANNEL, ceiling < 0n ? 0n : ceiling, KEY);
          try {
            book.reserve({
              channelId: CHANNEL,
              requestId,
              amount: s.amount,
              pay:
                s.do === 'apiKey'
                  ? { kind: 'apiKey', apiKey: API_KEY }
                  : s.do === 'x402'
                    ? { kind: 'x402', voucher: v }
                    : {
                        kind: 'sdk',
                        voucher: v,
                        reservation: reservation(CHANNEL, requestId, s.amount, {}, KEY),
                        bodyHash: BODY_HASH,
                      },
            });
            open.set(requestId, { amount: s.amount, sdk: s.do === 'sdk' });
          } catch (error) {
            assert.ok(TributaryError.is(error) && error.status === 402, String(error));
          }
        } else if (s.do === 'charge' || s.do === 'release') {
          const requestId = [...open.keys()][s.pick % Math.max(open.size, 1)];
          if (!requestId) continue;
          const entry = open.get(requestId)!;
          open.delete(requestId);
          if (entry.sdk) usedBySdk.push(requestId);
          if (s.do === 'release') {
            book.release(requestId);
          } else {
            const charge = book.charge(requestId, (entry.amount * s.percent) / 100n);
            assert.equal(charge.payerFrom, channel.charged);
            memory.push(charge);
          }
        } else if (s.do === 'replay') {
          const requestId = usedBySdk[s.pick % Math.max(usedBySdk.length, 1)];
          if (!requestId) continue;
          const bodyHash = BODY_HASH;
          const pay = { kind: 'sdk' as const, voucher: voucher(CHANNEL, BALANCE, KEY), bodyHash };
          const again = { ...pay, reservation: reservation(CHANNEL, requestId, 0n, {}, KEY) };
          if (!chargedOnDisk.has(requestId)) continue;
          assert.throws(() => book.reserve({ channelId: CHANNEL, requestId, amount: 0n, pay: again }), {
            code: 'request_replayed',
          });
        } else if (s.do === 'flush') {
          flush();
        } else {
          // SIGKILL: what was not on disk is gone, open requests are nobody's.
          memory = [];
          open.clear();
          const before = lasting(book);
          book = fresh();
          for (const line of disk) book.apply(HubRecord.parse(JSON.parse(line)));
          assert.deepEqual(book.learn(CONFIG, onChain(BALANCE)), []);
          assert.deepEqual(lasting(book), before);
        }
        const now = book.channel(CHANNEL)!;
        assert.equal(
          now.reserved,
          [...open.values()].reduce((n, o) => n + o.amount, 0n),
        );
        assert.ok(now.charged + now.reserved <= BALANCE, 'within the deposit');
        assert.ok(now.charged === 0n || now.charged <= now.voucher!.maxClaimableAmount, 'charged within the ceiling');
        assert.ok((now.voucher?.maxClaimableAmount ?? 0n) <= BALANCE, 'ceiling within the deposit');
      }
      flush();
      const charges = disk
        .map((line) => HubRecord.parse(JSON.parse(line)))
        .filter((r): r is HubCharge => r.kind === 'hub.charge');
      for (const charge of charges) {
        assert.equal(charge.payerFrom, sum, 'intervals have no gap');
        sum = charge.payerTo;
        if (charge.payerTo > 0n) {
          const v = charge.voucher!;
          assert.ok(v.maxClaimableAmount >= charge.payerTo);
          assert.equal(
            curve.recover(digests.voucher(CHANNEL, v.maxClaimableAmount), v.signature),
            CONFIG.payerAuthorizer,
          );
        }
      }
      assert.equal(sum, book.channel(CHANNEL)!.charged, 'sum of charges = last payerTo');
    }),
    { numRuns: 150 },
  );
});
