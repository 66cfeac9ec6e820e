import { microDollars } from '../money/format.ts';
import { TransactionLink } from '../ui/Ids.tsx';
import styles from './MoneyPicture.module.css';
import { kindOf, NodeLink, useDescribe } from './MoneyPicture.tsx';
import type { Flow, FlowNode } from './money-flow.ts';

/** The same flow as a list, for narrow screens: each line says who gets how much of the line above. */
export function MoneyTree({ flow, isOwn }: { flow: Flow; isOwn: boolean }) {
  const payer = flow.nodes.find((n) => n.kind === 'payer');
  return payer ? (
    <ul className={styles.tree}>
      <Branch flow={flow} isOwn={isOwn} node={payer} amount={payer.microAmount} />
    </ul>
  ) : null;
}

interface BranchProps {
  flow: Flow;
  isOwn: boolean;
  node: FlowNode;
  amount: bigint;
  arrived?: string;
}

function Branch({ flow, isOwn, node, amount, arrived }: BranchProps) {
  const describe = useDescribe(isOwn);
  const { name, what } = describe(node);
  const ways = flow.links.filter((l) => l.from === node.id);
  return (
    <li>
      <div className={styles.row}>
        <span className={styles.dot} data-kind={kindOf(node)} aria-hidden />
        <span className={styles.who}>
          <NodeLink node={node} name={name} /> <small>{what}</small>
        </span>
        <span className="num">{microDollars(amount)}</span>
      </div>
      {arrived && (
        <small className={styles.proof}>
          arrived, <TransactionLink hash={arrived} />
        </small>
      )}
      {ways.length > 0 && (
        <ul>
          {ways.map((way) => {
            const next = flow.nodes.find((n) => n.id === way.to);
            return next ? (
              <Branch
                key={way.to}
                flow={flow}
                isOwn={isOwn}
                node={next}
                amount={way.microAmount}
                {...(way.arrived ? { arrived: way.arrived.txHash } : {})}
              />
            ) : null;
          })}
        </ul>
      )}
    </li>
  );
}
