import { SegmentedControl } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useExplorer } from '../api/explorer.ts';
import { useNetwork } from '../api/network.ts';
import type { GraphData } from '../flow/graph-data.ts';
import { useGraph } from '../flow/use-graph.ts';
import { Dollars } from '../money/Money.tsx';
import { Listing } from '../ui/Listing.tsx';
import { Empty, Failed, Loading } from '../ui/States.tsx';
import { EVENT_COLUMNS, keyOfEvent } from './EventsPage.tsx';
import styles from './Explore.module.css';
import { Figure, Frame, Section } from './Frame.tsx';
import { GraphList } from './GraphList.tsx';
import { dollarsIn } from './Names.tsx';
import { RECEIPT_COLUMNS } from './ReceiptsPage.tsx';

const FlowMap = lazy(() => import('../flow/FlowMap.tsx'));

/** The network at a glance: who feeds whom, what flowed, and what happened last. */
export function ExplorePage() {
  const graph = useGraph();
  return (
    <Frame
      title="Who feeds whom"
      lead="Every question pays a service. The service passes money on to its computer and its model, the model to the data it was made from, and each of them to its people."
    >
      <Totals />
      <AssetsPicture graph={graph.data} error={graph.error} onRetry={() => void graph.refetch()} />
      <Latest />
    </Frame>
  );
}

function Totals() {
  const totals = useExplorer('totals', {}, {}, { everyMs: 5_000 });
  const network = useNetwork();
  const dollar = network.data?.contracts.dollar;
  const t = totals.data;
  const count = t ? Object.values(t.assets).reduce((a, b) => a + b, 0) : 0;
  return (
    <dl className={styles.figures} aria-busy={totals.isPending}>
      <Figure label="Earned by assets">{t ? <Dollars amount={dollarsIn(t.earned, dollar)} /> : '…'}</Figure>
      <Figure label="Paid to people">{t ? <Dollars amount={dollarsIn(t.paidOut, dollar)} /> : '…'}</Figure>
      <Figure label="Answers">{t ? <Link to="/explore/receipts">{t.receipts}</Link> : '…'}</Figure>
      <Figure label="Assets">{t ? count : '…'}</Figure>
      <Figure label="Parties">{t ? <Link to="/explore/parties">{t.parties}</Link> : '…'}</Figure>
    </dl>
  );
}

function AssetsPicture({
  graph,
  error,
  onRetry,
}: {
  graph: GraphData | undefined;
  error: unknown;
  onRetry: () => void;
}) {
  const [as, setAs] = useState('map');
  const network = useNetwork();
  const dollar = network.data?.contracts.dollar;
  if (!graph) return error ? <Failed error={error} onRetry={onRetry} /> : <Loading lines={1} height={420} />;
  if (graph.nodes.size === 0) {
    return (
      <Empty title="Nothing is registered yet" action={<Link to="/earn">Be the first</Link>}>
        Services, models, computers and datasets appear here when somebody puts them on the chain.
      </Empty>
    );
  }
  return (
    <>
      <SegmentedControl
        mb="sm"
        aria-label="Show assets as"
        value={as}
        onChange={setAs}
        data={[
          { value: 'map', label: 'Map' },
          { value: 'list', label: 'List' },
        ]}
      />
      {as === 'map' ? (
        <Suspense fallback={<Loading lines={1} height={420} />}>
          <FlowMap graph={graph} dollar={dollar} />
        </Suspense>
      ) : (
        <GraphList graph={graph} />
      )}
    </>
  );
}

const FEW = 6;

function Latest() {
  const receipts = useExplorer('receipts', {}, { order: 'newest', limit: FEW }, { everyMs: 4_000 });
  const events = useExplorer('events', {}, { limit: FEW }, { everyMs: 4_000 });
  return (
    <>
      <Section title="Latest answers" more={<Link to="/explore/receipts">All answers</Link>}>
        {receipts.isError && <Failed error={receipts.error} onRetry={() => void receipts.refetch()} />}
        {receipts.isPending && <Loading />}
        {receipts.data?.receipts.length === 0 && (
          <Empty title="No answers yet" action={<Link to="/">Ask the first question</Link>} />
        )}
        {receipts.data && receipts.data.receipts.length > 0 && (
          <Listing
            label="Latest answers"
            columns={RECEIPT_COLUMNS}
            rows={receipts.data.receipts}
            keyOf={(r) => r.receiptHash}
          />
        )}
      </Section>
      <Section title="Latest on the chain" more={<Link to="/explore/transactions">All transactions</Link>}>
        {events.isError && <Failed error={events.error} onRetry={() => void events.refetch()} />}
        {events.isPending && <Loading />}
        {events.data && (
          <Listing label="Latest on the chain" columns={EVENT_COLUMNS} rows={events.data.events} keyOf={keyOfEvent} />
        )}
      </Section>
    </>
  );
}
