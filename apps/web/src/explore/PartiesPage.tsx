import { Link } from '@tanstack/react-router';
import type { Answer } from '../api/explorer.ts';
import { usePages } from '../api/pages.ts';
import { Ago } from '../ui/Ago.tsx';
import { AddressLink, TransactionLink } from '../ui/Ids.tsx';
import { type Column, Listing } from '../ui/Listing.tsx';
import { PagesOf } from '../ui/Pages.tsx';
import { Empty } from '../ui/States.tsx';
import styles from './Explore.module.css';
import { Frame } from './Frame.tsx';

type Party = Answer<'parties'>['parties'][number];

const COLUMNS: readonly Column<Party>[] = [
  {
    label: 'Party',
    cell: (p) => (
      <>
        <Link to="/explore/parties/$agentId" params={{ agentId: p.agentId.toString() }} className={styles.strong}>
          {p.name}
        </Link>
        {p.description && <span className={styles.sub}>{p.description}</span>}
      </>
    ),
  },
  { label: 'Services', isNumber: true, cell: (p) => p.services.length },
  { label: 'Computers', isNumber: true, cell: (p) => p.devices.length },
  { label: 'Ratings', isNumber: true, cell: (p) => p.feedback.count },
  { label: 'Owner', cell: (p) => <AddressLink address={p.owner} /> },
  {
    label: 'Registered',
    cell: (p) => (
      <>
        <Ago time={p.registered.time} />
        <span className={styles.sub}>
          <TransactionLink hash={p.registered.txHash} />
        </span>
      </>
    ),
  },
];

/** Everyone with a public identity. */
export function PartiesPage() {
  const pages = usePages('parties', {});
  const rows = pages.data?.pages.flatMap((p) => p.parties);
  return (
    <Frame
      title="Parties"
      lead="People and companies with a public identity (ERC-8004): they sign what they answer, and others can rate them."
    >
      <PagesOf pages={pages} rows={rows} empty={<Empty title="Nobody has registered yet" />}>
        {(parties) => <Listing label="Parties" columns={COLUMNS} rows={parties} keyOf={(p) => p.agentId.toString()} />}
      </PagesOf>
    </Frame>
  );
}
