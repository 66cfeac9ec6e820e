import { Link } from '@tanstack/react-router';
import type { Address } from '@tributary/protocol';
import { useNames } from '../flow/use-names.ts';
import { useWallet } from '../wallet/wallets.ts';

/** The ends of a long id: enough to tell two apart at a glance. */
export function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 6)}…${id.slice(-4)}` : id;
}

/** An address that leads to what it owns and earns. */
export function AddressLink({ address, label }: { address: string; label?: string }) {
  const wallet = useWallet();
  const names = useNames();
  const known = address.toLowerCase() as Address;
  const name = wallet?.address === known ? 'you' : (label ?? names.get(known));
  return (
    <Link to="/explore/addresses/$address" params={{ address }} title={address} className={name ? undefined : 'mono'}>
      {name ?? shortId(address)}
    </Link>
  );
}

/** A transaction: the proof of a number. */
export function TransactionLink({ hash, label }: { hash: string; label?: string }) {
  return (
    <Link
      to="/explore/transactions/$hash"
      params={{ hash }}
      title={`Transaction ${hash}`}
      className={label ? undefined : 'mono'}
    >
      {label ?? shortId(hash)}
    </Link>
  );
}
