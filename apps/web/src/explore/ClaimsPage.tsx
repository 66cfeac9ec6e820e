import type { Answer } from '../api/explorer.ts';
import { usePages } from '../api/pages.ts';
import { Dollars } from '../money/Money.tsx';
import { Ago } from '../ui/Ago.tsx';
import { AddressLink, TransactionLink } from '../ui/Ids.tsx';
import { type Column, Listing } from '../ui/Listing.tsx';
import { PagesOf } from '../ui/Pages.tsx';
import { Empty } from '../ui/States.tsx';
import styles from './Explore.module.css';
import { Frame } from './Frame.tsx';
import { AssetLink } from './Names.tsx';

type Claim = Answer<'claims'>['claims'][number];

const COLUMNS: readonly Column<Claim>[] = [
  {
    label: 'Collected for',
    cell: (c) => (
      <>
        {c.asset ? <AssetLink asset={c.asset} /> : <AddressLink address={c.receiver} label="This gateway" />}
        <span className={styles.sub}>
          paid by <AddressLink address={c.payer} />
        </span>
      </>
    ),
  },
  { label: 'Amount', isNumber: true, cell: (c) => <Dollars amount={c.claimed} /> },
  { label: 'On this channel so far', isNumber: true, cell: (c) => <Dollars amount={c.totalClaimed} /> },
  {
    label: 'List of receipts',
    cell: (c) =>
      c.receipts ? (
        <TransactionLink hash={c.receipts.place.txHash} label="published" />
      ) : (
        <span className={styles.quiet}>none</span>
      ),
  },
  {
    label: 'When',
    cell: (c) => (
      <>
        <Ago time={c.place.time} />
        <span className={styles.sub}>
          <TransactionLink hash={c.place.txHash} />
        </span>
      </>
    ),
  },
];

/** When promised money was collected on the chain. */
export function ClaimsPage() {
  const pages = usePages('claims', {});
  const rows = pages.data?.pages.flatMap((p) => p.claims);
  return (
    <Frame
      title="Claims"
      lead="Answers are paid by signed promises. Now and then those who were promised money collect it on the chain, many answers at a time."
    >
      <PagesOf
        pages={pages}
        rows={rows}
        empty={
          <Empty title="Nothing was collected yet">
            Providers collect by themselves every hour or so. On your own test network, npx tributary settle does it
            now.
          </Empty>
        }
      >
        {(claims) => (
          <Listing
            label="Claims"
            columns={COLUMNS}
            rows={claims}
            keyOf={(c) => `${c.place.txHash} ${c.place.logIndex} ${c.channelId}`}
          />
        )}
      </PagesOf>
    </Frame>
  );
}
