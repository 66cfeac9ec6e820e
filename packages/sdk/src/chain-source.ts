import { assetAccountAbi, assets, eventLogs, type Reader, testDollarAbi } from '@tributary/chain';
import type { Address } from '@tributary/protocol';
import { findChannel, findClaim, findSettlement, isBefore, type Place, placeOf } from './claims.ts';
import type { Payouts, TraceSource } from './money-path.ts';

/** Traces by asking the chain itself: slow on a long chain, and trusts nobody but the RPC endpoint. */
export function chainSource(reader: Reader): TraceSource {
  return {
    channel: (channelId) => findChannel(reader, channelId),
    async claim(channelId, channel, to) {
      const claim = await findClaim(reader, channelId, channel, to);
      return claim && placeOf(claim);
    },
    settlement: (channel, claim) => findSettlement(reader, channel, claim),
    async asset(account) {
      const [kind, upstream] = await Promise.all([assets.kindOf(reader, account), assets.upstream(reader, account)]);
      return { kind, upstream };
    },
    owner: async (account) => (await assets.ownerOf(reader, account)).toLowerCase() as Address,
    holders: (account) => assets.holders(reader, account),
    passedOn: (account, token, after) => passedOn(reader, account, token, after),
    paidOut: (account, after) => claimsOf(reader, account, after),
  };
}

/** Dollars that an account sent on, by receiver: the token's own transfers, whatever made them. */
async function passedOn(reader: Reader, account: Address, token: Address, after: Place): Promise<Payouts> {
  const sent = await eventLogs(reader, testDollarAbi, 'Transfer', {
    address: token,
    args: { from: account },
    fromBlock: after.blockNumber,
  });
  return sent
    .filter((log) => log.args.value > 0n && isBefore(after, log))
    .map((log) => ({ to: log.args.to.toLowerCase() as Address, place: placeOf(log) }));
}

/** Claims of share holders and of the owner; the money may have gone to their payees. */
async function claimsOf(reader: Reader, account: Address, after: Place): Promise<Payouts> {
  const where = { address: account, fromBlock: after.blockNumber };
  const [claimed, owner] = await Promise.all([
    eventLogs(reader, assetAccountAbi, 'Claimed', where),
    eventLogs(reader, assetAccountAbi, 'OwnerPaid', where),
  ]);
  return [
    ...claimed.map((l) => ({ to: l.args.holder, dollars: l.args.dollars, place: placeOf(l) })),
    ...owner.map((l) => ({ to: l.args.owner, dollars: l.args.dollars, place: placeOf(l) })),
  ]
    .filter((p) => p.dollars > 0n && isBefore(after, p.place))
    .map(({ to, place }) => ({ to: to.toLowerCase() as Address, place }));
}
