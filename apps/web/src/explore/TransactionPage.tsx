import { getRouteApi } from '@tanstack/react-router';
import { useExplorer } from '../api/explorer.ts';
import { shortId } from '../ui/Ids.tsx';
import { Listing } from '../ui/Listing.tsx';
import { Failed, Loading } from '../ui/States.tsx';
import { moment } from '../ui/time.ts';
import { EVENT_COLUMNS, keyOfEvent } from './EventsPage.tsx';
import styles from './Explore.module.css';
import { Frame, Section } from './Frame.tsx';

const route = getRouteApi('/explore/transactions/$hash');

/** What one transaction did: the proof that other pages point to. */
export function TransactionPage() {
  const { hash } = route.useParams();
  const found = useExplorer('transaction', { id: hash }, {}, { everyMs: false });
  return (
    <Frame title={`Transaction ${shortId(hash)}`} lead="What it did to this network, in order.">
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Loading />}
      {found.data && (
        <>
          <dl className={styles.facts}>
            <dt>When</dt>
            <dd>{moment(found.data.time)}</dd>
            <dt>Block</dt>
            <dd className="num">{found.data.blockNumber}</dd>
            <dt>Hash</dt>
            <dd className="mono">{found.data.txHash}</dd>
          </dl>
          <Section title="What happened">
            <Listing label="What happened" columns={EVENT_COLUMNS} rows={found.data.events} keyOf={keyOfEvent} />
          </Section>
        </>
      )}
    </Frame>
  );
}
