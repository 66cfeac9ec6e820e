import type { EarningsBook, EarningsClaim } from './earnings-types.ts';
import type { HubBook, HubClaim } from './hub-types.ts';

/** Base units that a claim on a hub channel would bring. */
export function hubDue(hub: HubBook, { channelId, totalClaimed }: HubClaim): bigint {
  return totalClaimed - (hub.channel(channelId)?.onChain?.totalClaimed ?? 0n);
}

/** Base units that a claim on a spoke would bring; what is claimed already and only wants its root brings nothing. */
export function spokeDue(earnings: EarningsBook, { channelId, voucher }: EarningsClaim): bigint {
  const due = voucher.maxClaimableAmount - (earnings.channel(channelId)?.onChain?.totalClaimed ?? 0n);
  return due > 0n ? due : 0n;
}
