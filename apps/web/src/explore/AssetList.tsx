import type { AssetRef } from '@tributary/protocol/explorer';
import type { ReactNode } from 'react';
import styles from './Explore.module.css';
import { AssetLink, KindMark } from './Names.tsx';

interface Props {
  assets: readonly AssetRef[];
  empty: string;
  /** What stands at the right of each, such as an amount. */
  figure?: (asset: AssetRef) => ReactNode;
}

/** Assets, one a line. */
export function AssetList({ assets, empty, figure }: Props) {
  if (assets.length === 0) return <p className={styles.quiet}>{empty}</p>;
  return (
    <ul className={styles.list}>
      {assets.map((asset) => (
        <li key={asset.account}>
          <span>
            <AssetLink asset={asset} />
            <span className={styles.sub}>
              <KindMark kind={asset.kind} />
            </span>
          </span>
          {figure && <span className={styles.listFigure}>{figure(asset)}</span>}
        </li>
      ))}
    </ul>
  );
}
