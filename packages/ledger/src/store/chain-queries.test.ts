import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkEvent } from '@tributary/chain';
import type { Hex32 } from '@tributary/protocol';
import { appendRange } from '../follower/tables.ts';
import { databases } from '../test-support.ts';
import { listClaims } from './chain-queries.ts';

const hex = (n: number, bytes: number) => `0x${n.toString(16).padStart(2 * bytes, '0')}` as Hex32;
const word = (n: bigint, bytes: number) => n.toString(16).padStart(2 * bytes, '0');

function event(source: string, eventName: string, blockNumber: number, logIndex: number, args: object): NetworkEvent {
  const place = {
    blockNumber: BigInt(blockNumber),
    logIndex,
    transactionHash: hex(blockNumber, 32),
    address: hex(1, 20),
  };
  // Only the fields that the tables take are filled in.
  return { source, eventName, args, ...place } as unknown as NetworkEvent;
}

for (const database of databases) {
  test(`claims are listed newest first, compact ones by channel, each with its receipts' root (${database.name})`, {
    skip: database.skip,
  }, async (t) => {
    const { db } = await database.open(t);
    const sender = hex(0xabc, 20);
    const [one, two] = [hex(1, 32), hex(2, 32)];
    const entries = `0x${one.slice(2)}${word(500n, 16)}${two.slice(2)}${word(2n ** 128n - 1n, 16)}` as const;
    const blocks = [5, 6].map((number) => ({ number, hash: hex(number, 32), time: 1_800_000_000 + number }));
    await appendRange(db, null, blocks, [
      event('channels', 'Claimed', 5, 0, { channelId: one, sender, claimAmount: 100n, newTotalClaimed: 100n }),
      event('receiptLog', 'ReceiptsLogged', 5, 1, {
        channelId: one,
        poster: sender,
        from: 0n,
        to: 100n,
        root: hex(7, 32),
        leavesHash: hex(8, 32),
      }),
      event('channels', 'ClaimedCompact', 6, 0, { receiver: sender, token: sender, sender, claimAmount: 1n, entries }),
    ]);
    const claims = await listClaims(db);
    assert.deepEqual(
      claims.map((c) => [c.channelId, c.totalClaimed, c.time, c.receipts]),
      [
        [two, 2n ** 128n - 1n, 1_800_000_006, null],
        [one, 500n, 1_800_000_006, null],
        [one, 100n, 1_800_000_005, { from: 0n, to: 100n, root: hex(7, 32), leavesHash: hex(8, 32) }],
      ],
    );
    assert.equal((await listClaims(db, { channelId: one })).length, 2);
    assert.equal((await listClaims(db, { limit: 1 })).length, 1);
    assert.equal(await appendRange(db, null, [], []), false, 'another follower was faster');
  });
}
