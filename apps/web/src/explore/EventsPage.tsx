import { Select } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { EVENT_KINDS, type EventKind } from '@tributary/protocol/explorer';
import { useState } from 'react';
import type { Answer } from '../api/explorer.ts';
import { usePages } from '../api/pages.ts';
import { Ago } from '../ui/Ago.tsx';
import { AddressLink, TransactionLink } from '../ui/Ids.tsx';
import { type Column, Listing } from '../ui/Listing.tsx';
import { PagesOf } from '../ui/Pages.tsx';
import { Empty } from '../ui/States.tsx';
import styles from './Explore.module.css';
import { EVENT_WORDS } from './events.ts';
import { Frame } from './Frame.tsx';
import { AssetLink, Monies } from './Names.tsx';

export type ChainEvent = Answer<'events'>['events'][number];

export const EVENT_COLUMNS: readonly Column<ChainEvent>[] = [
  {
    label: 'What',
    cell: (e) => (
      <>
        <span className={styles.strong}>{EVENT_WORDS[e.kind]}</span>
        {e.asset && (
          <span className={styles.sub}>
            <AssetLink asset={e.asset} />
          </span>
        )}
        {e.agentId !== null && (
          <span className={styles.sub}>
            <Link to="/explore/parties/$agentId" params={{ agentId: e.agentId.toString() }}>
              party {e.agentId.toString()}
            </Link>
          </span>
        )}
      </>
    ),
  },
  { label: 'From', cell: (e) => (e.from ? <AddressLink address={e.from} /> : '—') },
  { label: 'To', cell: (e) => (e.to ? <AddressLink address={e.to} /> : '—') },
  { label: 'Amount', isNumber: true, cell: (e) => <Monies money={e.money} /> },
  {
    label: 'When',
    cell: (e) => (
      <>
        <Ago time={e.place.time} />
        <span className={styles.sub}>
          <TransactionLink hash={e.place.txHash} />
        </span>
      </>
    ),
  },
];

export function keyOfEvent(e: ChainEvent): string {
  return `${e.place.txHash} ${e.place.logIndex} ${e.kind} ${e.channelId ?? ''} ${e.to ?? ''}`;
}

/** What happened on the chain. */
export function EventsPage() {
  const [kind, setKind] = useState<EventKind | null>(null);
  const pages = usePages('events', {}, { kind: kind ?? undefined });
  const rows = pages.data?.pages.flatMap((p) => p.events);
  return (
    <Frame title="Transactions" lead="Everything that happened to this network on the chain, newest first.">
      <Select
        mb="md"
        maw={320}
        label="Show"
        placeholder="Everything"
        clearable
        clearButtonProps={{ 'aria-label': 'Show everything' }}
        data={EVENT_KINDS.map((value) => ({ value, label: EVENT_WORDS[value] }))}
        value={kind}
        onChange={(value) => setKind(value as EventKind | null)}
      />
      <PagesOf pages={pages} rows={rows} empty={<Empty title="Nothing of that sort has happened yet" />}>
        {(events) => <Listing label="Transactions" columns={EVENT_COLUMNS} rows={events} keyOf={keyOfEvent} />}
      </PagesOf>
    </Frame>
  );
}
