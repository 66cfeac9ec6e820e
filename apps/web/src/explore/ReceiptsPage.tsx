import { Link } from '@tanstack/react-router';
import type { Answer } from '../api/explorer.ts';
import { usePages } from '../api/pages.ts';
import { Dollars } from '../money/Money.tsx';
import { Ago } from '../ui/Ago.tsx';
import { shortId, TransactionLink } from '../ui/Ids.tsx';
import { type Column, Listing } from '../ui/Listing.tsx';
import { PagesOf } from '../ui/Pages.tsx';
import { Empty } from '../ui/States.tsx';
import styles from './Explore.module.css';
import { Frame } from './Frame.tsx';
import { AssetLink } from './Names.tsx';

type Row = Answer<'receipts'>['receipts'][number];

/** Whether an answer's money is on the chain already, with the proof. */
export function PaymentState({ state, claim }: Pick<Row, 'state' | 'claim'>) {
  if (state === 'free') return <span className={styles.quiet}>free</span>;
  if (!claim) return <span className={styles.wait}>promised</span>;
  return (
    <span className={styles.good}>
      collected <TransactionLink hash={claim.txHash} label="proof" />
    </span>
  );
}

export const RECEIPT_COLUMNS: readonly Column<Row>[] = [
  {
    label: 'Answer',
    cell: (r) => (
      <>
        <Link
          to="/explore/receipts/$id"
          params={{ id: r.receiptHash }}
          className={`mono ${styles.strong}`}
          title={r.receiptHash}
        >
          {shortId(r.receiptHash)}
        </Link>
        <span className={styles.sub}>
          <Ago time={r.receipt.receipt.issuedAt} />
        </span>
      </>
    ),
  },
  { label: 'Answered by', cell: (r) => <AssetLink asset={r.asset} /> },
  {
    label: 'Used',
    cell: (r) =>
      r.receipt.attribution.length === 1
        ? '1 document'
        : r.receipt.attribution.length > 1
          ? `${r.receipt.attribution.length} documents`
          : '—',
  },
  { label: 'Payment', cell: (r) => <PaymentState state={r.state} claim={r.claim} /> },
  { label: 'Payer paid', isNumber: true, cell: (r) => <Dollars amount={r.charged} /> },
  { label: 'Service earns', isNumber: true, cell: (r) => <Dollars amount={r.receipt.receipt.price} /> },
];

/** Every answer of this gateway, by its receipt. */
export function ReceiptsPage() {
  const pages = usePages('receipts', {}, { order: 'newest' });
  const rows = pages.data?.pages.flatMap((p) => p.receipts);
  return (
    <Frame
      title="Answers"
      lead="Each answer leaves a receipt that anyone can check. Questions and answers themselves are not here: only those who asked have them."
    >
      <PagesOf
        pages={pages}
        rows={rows}
        empty={
          <Empty title="No answers yet" action={<Link to="/">Ask the first question</Link>}>
            The receipt of every answer appears here within a second or two.
          </Empty>
        }
      >
        {(receipts) => (
          <Listing label="Answers" columns={RECEIPT_COLUMNS} rows={receipts} keyOf={(r) => r.receiptHash} />
        )}
      </PagesOf>
    </Frame>
  );
}
