import { IconBox, IconBriefcase, IconCpu, IconDatabase, IconMessageCircle, IconRobot } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { AssetRef, Money } from '@tributary/protocol/explorer';
import { useNetwork } from '../api/network.ts';
import { tokenAmount } from '../money/format.ts';
import { Dollars } from '../money/Money.tsx';
import styles from './Explore.module.css';

const KINDS: Record<AssetRef['kind'], { label: string; icon: typeof IconBox }> = {
  service: { label: 'Service', icon: IconMessageCircle },
  model: { label: 'Model', icon: IconBox },
  device: { label: 'Computer', icon: IconCpu },
  dataset: { label: 'Dataset', icon: IconDatabase },
  agent: { label: 'Agent', icon: IconRobot },
  work: { label: 'Work', icon: IconBriefcase },
};

export function kindLabel(kind: AssetRef['kind']): string {
  return KINDS[kind].label;
}

/** What sort of thing an asset is. */
export function KindMark({ kind }: { kind: AssetRef['kind'] }) {
  const { label, icon: Icon } = KINDS[kind];
  return (
    <span className={styles.kind} data-kind={kind}>
      <Icon size={16} stroke={1.8} aria-hidden />
      {label}
    </span>
  );
}

/** An asset's name, as a link to its page. */
export function AssetLink({ asset }: { asset: AssetRef }) {
  return (
    <Link to="/explore/assets/$account" params={{ account: asset.account }} className={styles.strong}>
      {asset.name}
    </Link>
  );
}

/** Amounts in whatever tokens they are; dollars first. `none` stands for no money at all. */
export function Monies({ money, none = '—' }: { money: readonly Money[] | null; none?: string }) {
  const network = useNetwork();
  if (money === null) return <>unknown</>;
  const shown = money.filter((m) => m.amount > 0n);
  if (shown.length === 0) return <>{none}</>;
  const dollar = network.data?.contracts.dollar;
  return (
    <>
      {shown.map(({ token, amount }, i) => {
        const facts = network.data?.tokens.find((t) => t.address === token);
        return (
          <span key={token}>
            {i > 0 && ' + '}
            {token === dollar || !facts ? (
              <Dollars amount={amount} />
            ) : (
              <span className="num">{tokenAmount(amount, facts.decimals, facts.symbol)}</span>
            )}
          </span>
        );
      })}
    </>
  );
}

/** What was moved in dollars, of amounts in several tokens. */
export function dollarsIn(money: readonly Money[] | null | undefined, dollar: string | undefined): bigint {
  return (money ?? []).reduce((sum, m) => (m.token === dollar ? sum + m.amount : sum), 0n);
}
