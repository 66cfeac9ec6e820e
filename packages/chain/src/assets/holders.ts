import { type Address, ZERO_ADDRESS } from '@tributary/protocol';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';
import { eventLogs } from '../logs.ts';
import type { Holder } from './register.ts';

/** Everyone who holds shares of an account now, the largest first; read from the account's transfers. */
export async function holders(reader: Reader, account: Address, fromBlock = 0n): Promise<Holder[]> {
  const shares = new Map<Address, bigint>();
  const add = (who: Address, amount: bigint) => shares.set(who, (shares.get(who) ?? 0n) + amount);
  for (const log of await eventLogs(reader, assetAccountAbi, 'Transfer', { address: account, fromBlock })) {
    add(log.args.from.toLowerCase() as Address, -log.args.value);
    add(log.args.to.toLowerCase() as Address, log.args.value);
  }
  shares.delete(ZERO_ADDRESS);
  return [...shares]
    .flatMap(([holder, amount]) => (amount > 0n ? [{ holder, shares: amount }] : []))
    .sort((a, b) => (a.shares === b.shares ? (a.holder < b.holder ? -1 : 1) : a.shares > b.shares ? -1 : 1));
}
