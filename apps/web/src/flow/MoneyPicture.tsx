import { useElementSize } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import type { MoneyPath } from '@tributary/protocol/explorer';
import { useMemo } from 'react';
import { microDollars, shortDollars } from '../money/format.ts';
import { shortId } from '../ui/Ids.tsx';
import { useWallet } from '../wallet/wallets.ts';
import styles from './MoneyPicture.module.css';
import { MoneyTree } from './MoneyTree.tsx';
import { type Flow, type FlowNode, moneyFlow } from './money-flow.ts';
import { placeFlow } from './sankey.ts';
import { useNames } from './use-names.ts';

/** Below this width a list reads better than streams. */
const NARROW_PX = 620;

/** A picture of where the money of one answer goes: streams that part until they reach people. */
export function MoneyPicture({ path, isOwn = false }: { path: MoneyPath; isOwn?: boolean }) {
  const { ref, width } = useElementSize();
  const flow = useMemo(() => moneyFlow(path), [path]);
  const isWide = width >= NARROW_PX;
  return (
    <figure className={styles.figure} ref={ref}>
      <figcaption className={styles.caption}>
        {isOwn ? 'You' : 'The payer'} paid <strong>{shortDollars(path.charged)}</strong>.{' '}
        {flow.settled
          ? 'It has been collected on the chain; whatever is not solid yet waits to be passed on or claimed.'
          : 'It is promised, signed and cannot be taken back. It moves when the provider collects its payments on the chain.'}
      </figcaption>
      {width > 0 &&
        (isWide ? <Streams flow={flow} width={width} isOwn={isOwn} /> : <MoneyTree flow={flow} isOwn={isOwn} />)}
    </figure>
  );
}

function Streams({ flow, width, isOwn }: { flow: Flow; width: number; isOwn: boolean }) {
  const placed = useMemo(() => placeFlow(flow, width), [flow, width]);
  const describe = useDescribe(isOwn);
  const labelWidth = placed.columnWidth - 22;
  return (
    <div className={styles.streams} style={{ height: placed.height }}>
      <svg width={placed.width} height={placed.height} aria-hidden focusable="false">
        {placed.links.map(({ link, path, width: stroke }) => (
          <path
            key={`${link.from}>${link.to}`}
            className={link.arrived ? styles.arrived : styles.promised}
            d={path}
            strokeWidth={stroke}
          />
        ))}
        {placed.nodes.map(({ node, x, y, width: w, height }) => (
          <rect
            key={node.id}
            className={styles.bar}
            data-kind={kindOf(node)}
            x={x}
            y={y}
            width={w}
            height={Math.max(height, 3)}
            rx={2}
          />
        ))}
      </svg>
      <ul className={styles.labels}>
        {placed.nodes.map(({ node, x, y, height }) => {
          const { name, what } = describe(node);
          return (
            <li key={node.id} style={{ left: x + 15, top: y + height / 2, maxWidth: labelWidth }}>
              <NodeLink node={node} name={name} />
              <span className={styles.amount}>
                <span className="num">{microDollars(node.microAmount)}</span> {what}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** The name of somebody in the flow, as a link to what is known of them. */
export function NodeLink({ node, name }: { node: FlowNode; name: string }) {
  if (node.kind === 'asset') {
    return (
      <Link className={styles.name} to="/explore/assets/$account" params={{ account: node.asset.account }} title={name}>
        {name}
      </Link>
    );
  }
  if (node.kind === 'person') {
    return (
      <Link
        className={styles.name}
        to="/explore/addresses/$address"
        params={{ address: node.address }}
        title={node.address}
      >
        {name}
      </Link>
    );
  }
  return <span className={styles.name}>{name}</span>;
}

export function kindOf(node: FlowNode): string {
  return node.kind === 'asset' ? node.asset.kind : node.kind;
}

/** Name and role of everybody in a flow, in plain words. */
export function useDescribe(isOwn: boolean): (node: FlowNode) => { name: string; what: string } {
  const names = useNames();
  const wallet = useWallet();
  return (node) => {
    if (node.kind === 'payer') return { name: isOwn ? 'You' : 'The payer', what: '' };
    if (node.kind === 'gateway') return { name: 'This gateway', what: 'fee' };
    if (node.kind === 'asset') return { name: node.asset.name.replace(/^tributary\//, ''), what: node.asset.kind };
    const name = wallet?.address === node.address ? 'You' : (names.get(node.address) ?? shortId(node.address));
    return { name, what: '' };
  };
}
