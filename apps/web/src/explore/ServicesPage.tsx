import { SegmentedControl } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Answer } from '../api/explorer.ts';
import { usePages } from '../api/pages.ts';
import { exactDollars, percent } from '../money/format.ts';
import { Dollars } from '../money/Money.tsx';
import { type Column, Listing } from '../ui/Listing.tsx';
import { PagesOf } from '../ui/Pages.tsx';
import { Empty } from '../ui/States.tsx';
import styles from './Explore.module.css';
import { Frame } from './Frame.tsx';
import { AssetLink } from './Names.tsx';

type Service = Answer<'service'>;
type Sort = 'calls' | 'price' | 'latency' | 'success';

/** What a service asks for one answer, in words; parts that cost nothing are left out. */
export function priceInWords({ perRequest, perMillionPrompt, perMillionCompletion }: Service['price']): string {
  const parts = [
    ...(perRequest > 0n ? [`${exactDollars(perRequest)} an answer`] : []),
    ...(perMillionPrompt > 0n ? [`${exactDollars(perMillionPrompt)} per million tokens asked`] : []),
    ...(perMillionCompletion > 0n ? [`${exactDollars(perMillionCompletion)} per million tokens answered`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'free';
}

const COLUMNS: readonly Column<Service>[] = [
  {
    label: 'Service',
    cell: (s) => (
      <>
        <Link to="/explore/assets/$account" params={{ account: s.service }} className={styles.strong}>
          {s.name}
        </Link>
        <span className={styles.sub}>
          by{' '}
          <Link to="/explore/parties/$agentId" params={{ agentId: s.party.agentId.toString() }}>
            {s.party.name}
          </Link>
          {s.madeFrom.map((asset) => (
            <span key={asset.account}>
              {' · '}
              <AssetLink asset={asset} />
            </span>
          ))}
        </span>
      </>
    ),
  },
  {
    label: 'State',
    cell: (s) => (
      <span className={s.available ? styles.good : styles.wait} title={s.unavailable ?? undefined}>
        {s.available ? 'answers' : 'away'}
      </span>
    ),
  },
  {
    label: 'Price, fee included',
    isNumber: true,
    cell: (s) => (
      <span title={priceInWords(s.price)}>
        {s.price.perRequest > 0n ? exactDollars(s.price.perRequest) : ''}
        {s.price.perMillionCompletion > 0n && (
          <span className={styles.sub}>+ {exactDollars(s.price.perMillionCompletion)} / M tokens</span>
        )}
        {s.price.perRequest === 0n && s.price.perMillionCompletion === 0n && 'free'}
      </span>
    ),
  },
  {
    label: 'Usual time',
    isNumber: true,
    cell: (s) =>
      s.observed.latencyMs ? (
        <>
          {inTime(s.observed.latencyMs.p50)}
          <span className={styles.sub}>95 % within {inTime(s.observed.latencyMs.p95)}</span>
        </>
      ) : (
        '—'
      ),
  },
  {
    label: 'Success',
    isNumber: true,
    cell: (s) =>
      s.observed.successPpm === null ? (
        '—'
      ) : (
        <>
          {percent(s.observed.successPpm)}
          <span className={styles.sub}>of {s.observed.calls}</span>
        </>
      ),
  },
  {
    label: 'Earned by answers',
    isNumber: true,
    cell: (s) => (
      <>
        <Dollars amount={s.paid.earned} />
        <span className={styles.sub}>{s.paid.answers === 1 ? '1 answer' : `${s.paid.answers} answers`}</span>
      </>
    ),
  },
];

export function inTime(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** What can be asked here, by whom it is answered, for how much and how well. */
export function ServicesPage() {
  const [sort, setSort] = useState<Sort>('calls');
  const pages = usePages('services', {}, { sort });
  const rows = pages.data?.pages.flatMap((p) => p.services);
  return (
    <Frame
      title="Services"
      lead="Everyone who answers questions here. The router weighs price, speed and success, and picks the one that suits each question."
    >
      <SegmentedControl
        mb="md"
        aria-label="Sort by"
        value={sort}
        onChange={(value) => setSort(value as Sort)}
        data={[
          { value: 'calls', label: 'Most asked' },
          { value: 'price', label: 'Cheapest' },
          { value: 'latency', label: 'Fastest' },
          { value: 'success', label: 'Surest' },
        ]}
      />
      <PagesOf
        pages={pages}
        rows={rows}
        empty={
          <Empty title="Nobody answers here yet" action={<Link to="/earn/offer">Offer a service</Link>}>
            A service appears a few seconds after its node has started.
          </Empty>
        }
      >
        {(services) => <Listing label="Services" columns={COLUMNS} rows={services} keyOf={(s) => s.service} />}
      </PagesOf>
    </Frame>
  );
}
