import type { ChannelSession } from '@tributary/sdk';
import { z } from 'zod';
import { createSaved } from '../ui/saved.ts';
import { useStore } from '../ui/store.ts';

/** Base units as this browser keeps them. */
const Digits = z.string().regex(/^\d{1,39}$/);

const Session = z.custom<ChannelSession>((value) => typeof value === 'object' && value !== null);

/** What pays for questions asked on this page. Kept in this browser alone. */
export const Purse = z.discriminatedUnion('kind', [
  /** Play money of a devnet: an API key that the page opened by itself. */
  z.object({ kind: z.literal('trial'), apiKey: z.string(), channelId: z.string(), deposit: Digits }),
  /** An API key that somebody pasted. */
  z.object({ kind: z.literal('key'), apiKey: z.string() }),
  /** A deposit of a wallet, with the key that signs what is paid from it. */
  z.object({ kind: z.literal('channel'), session: Session, deposit: Digits }),
]);
export type Purse = z.infer<typeof Purse>;

const PurseState = z.object({
  purse: Purse.nullable(),
  /** What answers on this page have cost out of this purse, base units. */
  spent: Digits,
  left: Digits.nullable(),
});

const saved = createSaved('purse.v1', PurseState, { purse: null, spent: '0', left: null });

export const purseStore = {
  get: (): Purse | null => saved.get().purse,
  set: (purse: Purse | null): void => saved.set({ purse, spent: '0', left: null }),
  /** What is known to be left, from a better source than the sum of what was spent here. */
  setLeft: (left: bigint): void => saved.set((s) => ({ ...s, left: left.toString() })),
  addSpent: (amount: bigint): void => saved.set((s) => ({ ...s, spent: (BigInt(s.spent) + amount).toString() })),
};

/** The purse in use, what was spent out of it here, and what should be left; null where that is not known. */
export function usePurse(): { purse: Purse | null; spent: bigint; left: bigint | null } {
  const { purse, spent: text, left: known } = useStore(saved);
  const spent = BigInt(text);
  if (!purse || purse.kind === 'key') return { purse, spent, left: null };
  const left = known === null ? BigInt(purse.deposit) - spent : BigInt(known);
  return { purse, spent, left: left < 0n ? 0n : left };
}
