import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toWire } from '@tributary/protocol';
import fc from 'fast-check';
import { curve } from './curve.ts';
import { createEarningsBook } from './earnings-book.ts';
import { EarningsRecord } from './earnings-types.ts';
import { leavesOf, readLeaves } from './leaves.ts';
import { createSpokeBook } from './spoke-book.ts';
import { SpokeRecord } from './spoke-types.ts';
import {
  digests,
  gatewayKey,
  id,
  NOW,
  node,
  nodeKey,
  onChain,
  receipt,
  receipts,
  SERVICE,
  SPOKE_AUTHORIZER,
  spokeConfig,
  TOKEN,
} from './test-support.ts';

const CONFIG = spokeConfig();
const CHANNEL = digests.channelId(CONFIG);
const BALANCE = 2_000n;

type Step =
  | { do: 'answer'; price: bigint }
  | { do: 'flush' | 'restart gateway' | 'restart node' | 'lose ack' | 'claim' }
  | { do: 'deliver'; max: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('answer' as const), price: fc.bigInt(0n, 40n) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'flush' as const,
        'restart gateway' as const,
        'restart node' as const,
        'lose ack' as const,
        'claim' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), max: fc.integer({ min: 1, max: 5 }) }) },
);

const freshSpokes = () =>
  createSpokeBook({
    channelDigests: digests,
    receiptDigests: receipts,
    curve,
    sessionKey: gatewayKey,
    spokeAuthorizer: SPOKE_AUTHORIZER,
    token: TOKEN,
  });
const freshEarnings = () =>
  createEarningsBook({
    channelDigests: digests,
    receiptDigests: receipts,
    curve,
    signer: node,
    services: () => [SERVICE],
    spokeAuthorizer: SPOKE_AUTHORIZER,
    token: TOKEN,
    uncoveredLimit: 1_000_000n,
    unpaidLimit: 1_000_000n,
    now: () => NOW,
  });

test('whatever crashes between gateway and node, every durable payment arrives once, in order, and is claimed once', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const gatewayDisk: string[] = [];
      const nodeDisk: string[] = [];
      let memory: SpokeRecord[] = [];
      let spokes = freshSpokes();
      let earnings = freshEarnings();
      let totalClaimed = 0n;
      let claimed = 0n;
      let serial = 0;

      const flush = () => {
        for (const r of memory) {
          gatewayDisk.push(toWire(r));
          spokes.apply(r);
        }
        memory = [];
      };
      const nodeWrites = (records: EarningsRecord[]) => {
        for (const r of records) {
          nodeDisk.push(toWire(r));
          earnings.apply(r);
        }
      };
      const state = () => onChain(BALANCE, { totalClaimed });
      memory.push(...spokes.learn(CONFIG, state()));
      flush();
      nodeWrites(earnings.learn(CONFIG, state()));

      const deliver = (max: number, ack: boolean) => {
        const body = spokes.delivery(CHANNEL, max);
        if (!body) return;
        const record = earnings.accept(JSON.parse(toWire(body)));
        if (record) nodeWrites([record]);
        const acked = ack ? spokes.ack(CHANNEL, earnings.channel(CHANNEL)!.coveredTo) : null;
        if (acked) {
          memory.push(acked);
          flush();
        }
      };

      for (const s of steps) {
        if (s.do === 'answer') {
          const r = receipt(++serial, s.price);
          if (spokes.channel(CHANNEL)!.left < s.price) continue;
          const signature = curve.sign(receipts.receipt(r), nodeKey);
          const paid = spokes.pay({
            channelId: CHANNEL,
            receipt: r,
            payerChannelId: id(9),
            payerFrom: 0n,
            payerTo: 0n,
          });
          const entry = { receipt: r, signature, salt: id(1), attribution: [], ...paid };
          memory.push({ kind: 'spoke.payment', entry });
        } else if (s.do === 'flush') flush();
        else if (s.do === 'deliver') deliver(s.max, true);
        else if (s.do === 'lose ack') deliver(5, false);
        else if (s.do === 'restart gateway') {
          memory = [];
          spokes = freshSpokes();
          for (const line of gatewayDisk) spokes.apply(SpokeRecord.parse(JSON.parse(line)));
          spokes.learn(CONFIG, state());
        } else if (s.do === 'restart node') {
          const before = earnings.claims();
          earnings = freshEarnings();
          for (const line of nodeDisk) earnings.apply(EarningsRecord.parse(JSON.parse(line)));
          assert.deepEqual(earnings.learn(CONFIG, state()), []);
          assert.deepEqual(earnings.claims(), before);
        } else {
          for (const claim of earnings.claims()) {
            assert.equal(claim.from, claimed, 'claims follow one another');
            if (claim.to > claim.from) {
              const leaves = leavesOf(claim);
              assert.equal(
                readLeaves(leaves.content, { ...leaves, from: claim.from, to: claim.to }).leaves.length,
                claim.leaves.length,
              );
              nodeWrites([
                { kind: 'earnings.claimed', channelId: CHANNEL, from: claim.from, to: claim.to, root: leaves.root },
              ]);
            }
            claimed = claim.to;
            totalClaimed = claim.voucher.maxClaimableAmount;
            earnings.refresh(CHANNEL, { totalClaimed });
          }
        }
        const at = earnings.channel(CHANNEL)!;
        assert.ok(at.coveredTo <= spokes.channel(CHANNEL)!.promised, 'the node has nothing that was not promised');
        assert.ok(at.claimedTo <= at.coveredTo);
      }
      flush();
      while (spokes.channel(CHANNEL)!.undelivered > 0) deliver(3, true);
      const durable = gatewayDisk
        .map((line) => SpokeRecord.parse(JSON.parse(line)))
        .flatMap((r) => (r.kind === 'spoke.payment' ? [r.entry.receipt.price] : []));
      assert.equal(
        earnings.channel(CHANNEL)!.coveredTo,
        durable.reduce((a, b) => a + b, 0n),
      );
    }),
    { numRuns: 60 },
  );
});
