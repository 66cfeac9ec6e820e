import type { NetworkEvent } from '@tributary/chain';
import type { Address } from '@tributary/protocol';
import { numberToHex, pad } from 'viem';

/** The accounts of which a row of the book may have changed; addresses that are no accounts may be among them. */
export function touchedBy(events: readonly NetworkEvent[]): Address[] {
  const touched = new Set<string>();
  for (const event of events) {
    if (event.source === 'account') touched.add(event.address);
    else if (event.source === 'assetRegistry') {
      if (event.eventName === 'Registered' || event.eventName === 'URISet') touched.add(event.args.account);
      if (event.eventName === 'Transfer') touched.add(pad(numberToHex(event.args.tokenId), { size: 20 }));
    } else if ((event.source === 'dollar' || event.source === 'trib') && event.eventName === 'Transfer') {
      touched.add(event.args.from);
      touched.add(event.args.to);
    }
  }
  return [...touched].map((a) => a.toLowerCase() as Address);
}

/** Whether some asset or party is new, or says that its card moved. */
export function cardsMayHaveChanged(events: readonly NetworkEvent[]): boolean {
  return events.some(
    ({ source, eventName }) =>
      (source === 'assetRegistry' && (eventName === 'Registered' || eventName === 'URISet')) ||
      (source === 'identityRegistry' && (eventName === 'Registered' || eventName === 'URIUpdated')),
  );
}
