import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Answer } from '../api/explorer.ts';
import { useExplorer } from '../api/explorer.ts';
import { useNetwork } from '../api/network.ts';
import { usePages } from '../api/pages.ts';
import { percent } from '../money/format.ts';
import { Dollars } from '../money/Money.tsx';
import { Ago } from '../ui/Ago.tsx';
import { AddressLink, TransactionLink } from '../ui/Ids.tsx';
import { type Column, Listing } from '../ui/Listing.tsx';
import { PagesOf } from '../ui/Pages.tsx';
import { Empty, Failed, Loading } from '../ui/States.tsx';
import { AssetList } from './AssetList.tsx';
import { EVENT_COLUMNS, keyOfEvent } from './EventsPage.tsx';
import styles from './Explore.module.css';
import { Figure, Frame, Section } from './Frame.tsx';
import { dollarsIn, KindMark, Monies } from './Names.tsx';
import { inTime, priceInWords } from './ServicesPage.tsx';

const RevenueChart = lazy(() => import('./RevenueChart.tsx'));
const route = getRouteApi('/explore/assets/$account');

/** What flows along one edge of the map, and what has flowed. */
function Flowed({ verb, edge }: { verb: string; edge: Answer<'asset'>['upstream'][number] | undefined }) {
  return (
    edge && (
      <>
        {verb} {percent(edge.weightPpm)}
        <span className={styles.sub}>
          so far <Monies money={edge.flowed} none="nothing" />{' '}
          {edge.last && <TransactionLink hash={edge.last.txHash} label="proof" />}
        </span>
      </>
    )
  );
}

/** One asset: what it is, what it was made from, who uses it, who owns it, and what it earned. */
export function AssetPage() {
  const { account } = route.useParams();
  const found = useExplorer('asset', { account }, {}, { everyMs: 5_000 });
  if (!found.data) {
    return (
      <Frame title="Asset">
        {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}
      </Frame>
    );
  }
  const asset = found.data;
  return (
    <Frame
      title={asset.name}
      lead={
        <>
          <KindMark kind={asset.kind} /> {asset.description}
        </>
      }
    >
      <Earned asset={asset} />
      {asset.service && <ServiceFacts service={asset.service} />}
      <Section title="Earned over time">
        <Suspense fallback={<Loading lines={1} height={220} />}>
          <RevenueChart account={asset.account} />
        </Suspense>
      </Section>
      <div className={styles.columns}>
        <Section title="Made from">
          <AssetList
            assets={asset.upstream.map((n) => n.asset)}
            empty="It was made from nothing else here, so it passes nothing on."
            figure={(a) => <Flowed verb="gets" edge={asset.upstream.find((n) => n.asset.account === a.account)} />}
          />
        </Section>
        <Section
          title="Used by"
          more={asset.downstreamCount > asset.downstream.length && <span>{asset.downstreamCount} in all</span>}
        >
          <AssetList
            assets={asset.downstream.map((n) => n.asset)}
            empty="Nothing is built on it yet."
            figure={(a) => <Flowed verb="pays" edge={asset.downstream.find((n) => n.asset.account === a.account)} />}
          />
        </Section>
      </div>
      <Holders asset={asset} />
      <Section title="What happened">
        <History account={asset.account} />
      </Section>
      <Section title="On the chain">
        <Facts asset={asset} />
      </Section>
    </Frame>
  );
}

type Detail = Answer<'asset'>;

function Earned({ asset }: { asset: Detail }) {
  const network = useNetwork();
  const dollar = network.data?.contracts.dollar;
  const own = asset.earnings.find((e) => e.token === dollar);
  return (
    <dl className={styles.figures}>
      <Figure label="Earned so far">
        <Dollars amount={own?.received ?? 0n} />
      </Figure>
      <Figure label="Passed on" note="to what it was made from">
        <Dollars amount={own?.passedOn ?? 0n} />
      </Figure>
      <Figure label="Paid to its people">
        <Dollars amount={own?.paidOut ?? 0n} />
      </Figure>
      <Figure label="Waiting" note="to be passed on or claimed">
        <Dollars amount={own?.waiting ?? 0n} />
      </Figure>
    </dl>
  );
}

function ServiceFacts({ service }: { service: NonNullable<Detail['service']> }) {
  const { observed, paid } = service;
  return (
    <Section title="How it answers">
      <dl className={styles.facts}>
        <dt>State</dt>
        <dd className={service.available ? styles.good : styles.wait}>
          {service.available ? 'answers' : `away: ${service.unavailable ?? 'it is not asked at the moment'}`}
        </dd>
        <dt>Price, fee included</dt>
        <dd>{priceInWords(service.price)}</dd>
        <dt>Provider</dt>
        <dd>
          <Link to="/explore/parties/$agentId" params={{ agentId: service.party.agentId.toString() }}>
            {service.party.name}
          </Link>
        </dd>
        <dt>Usual time</dt>
        <dd>
          {observed.latencyMs
            ? `${inTime(observed.latencyMs.p50)}, ${inTime(observed.latencyMs.p95)} for the slowest twentieth`
            : 'not asked since this gateway started'}
        </dd>
        <dt>Success</dt>
        <dd>{observed.successPpm === null ? '—' : `${percent(observed.successPpm)} of ${observed.calls}`}</dd>
        <dt>Answers</dt>
        <dd>
          {paid.answers}, for which it was promised <Dollars amount={paid.earned} />
        </dd>
        <dt>Ask it by name</dt>
        <dd className="mono">{service.model}</dd>
      </dl>
    </Section>
  );
}

type Holder = Answer<'holders'>['holders'][number];

const HOLDER_COLUMNS: readonly Column<Holder>[] = [
  {
    label: 'Who',
    cell: (h) => (
      <>
        <AddressLink address={h.holder} />
        {h.role === 'owner' && <span className={styles.sub}>owner</span>}
      </>
    ),
  },
  { label: 'Part', isNumber: true, cell: (h) => percent(h.sharePpm) },
  { label: 'Can claim now', isNumber: true, cell: (h) => <Monies money={h.claimable} /> },
  { label: 'Was paid', isNumber: true, cell: (h) => <Monies money={h.claimed} /> },
];

function Holders({ asset }: { asset: Detail }) {
  const pages = usePages('holders', { account: asset.account });
  const rows = pages.data?.pages.flatMap((p) => p.holders);
  return (
    <Section title="Who it belongs to">
      <PagesOf pages={pages} rows={rows} empty={<Empty title="Nobody has a part of it yet" />}>
        {(holders) => (
          <Listing
            label="Who it belongs to"
            columns={HOLDER_COLUMNS}
            rows={holders}
            keyOf={(h) => `${h.holder} ${h.role}`}
          />
        )}
      </PagesOf>
    </Section>
  );
}

function History({ account }: { account: string }) {
  const pages = usePages('events', {}, { asset: account, limit: 10 });
  const rows = pages.data?.pages.flatMap((p) => p.events);
  return (
    <PagesOf pages={pages} rows={rows} empty={<Empty title="Nothing yet" />}>
      {(events) => <Listing label="What happened" columns={EVENT_COLUMNS} rows={events} keyOf={keyOfEvent} />}
    </PagesOf>
  );
}

function Facts({ asset }: { asset: Detail }) {
  const network = useNetwork();
  const total = dollarsIn(
    asset.earnings.map((e) => ({ token: e.token, amount: e.received })),
    network.data?.contracts.dollar,
  );
  return (
    <dl className={styles.facts}>
      <dt>Account</dt>
      <dd>
        <span className="mono">{asset.account}</span>
        <span className={styles.sub}>
          {total > 0n
            ? 'Pay it by sending dollars to this address.'
            : 'It can be paid by sending dollars to this address.'}
        </span>
      </dd>
      <dt>Owner</dt>
      <dd>
        <AddressLink address={asset.owner} />
        {asset.party && (
          <>
            {' '}
            (
            <Link to="/explore/parties/$agentId" params={{ agentId: asset.party.agentId.toString() }}>
              {asset.party.name}
            </Link>
            )
          </>
        )}
      </dd>
      <dt>Registered</dt>
      <dd>
        <Ago time={asset.registered.time} /> <TransactionLink hash={asset.registered.txHash} label="proof" />
      </dd>
      <dt>Shares</dt>
      <dd>
        {asset.shares === 0n
          ? 'none: all it earns is its owner’s'
          : `${asset.holders === 1 ? 'held by one' : `held by ${asset.holders}`}${asset.minter ? ', more can be made by its minter' : ', their number is fixed'}`}
      </dd>
      <dt>Dues</dt>
      <dd>
        {asset.duesPpm === 0
          ? 'none: others may build on it and decide what they pay'
          : `whatever is built on it must pass on at least ${percent(asset.duesPpm)}`}
      </dd>
      {asset.obligations?.map((o) => (
        <div key={o.asset.account} style={{ display: 'contents' }}>
          <dt>Owes to</dt>
          <dd>
            <Link to="/explore/assets/$account" params={{ account: o.asset.account }}>
              {o.asset.name}
            </Link>
            : at least {percent(o.duePpm)}, {percent(o.flowPpm)} reaches it
          </dd>
        </div>
      ))}
      <dt>Description</dt>
      <dd>
        {asset.card ? (
          <details>
            <summary>in its owner’s words</summary>
            <pre className={styles.json}>{JSON.stringify(asset.card, null, 2)}</pre>
          </details>
        ) : (
          <span className="mono">{asset.uri.slice(0, 200)}</span>
        )}
      </dd>
    </dl>
  );
}
