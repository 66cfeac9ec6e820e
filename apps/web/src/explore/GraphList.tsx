import { Button, Select, TextInput } from '@mantine/core';
import { ASSET_KINDS, type AssetKind } from '@tributary/protocol';
import type { Asset } from '@tributary/protocol/explorer';
import { useState } from 'react';
import type { GraphData } from '../flow/graph-data.ts';
import { AddressLink } from '../ui/Ids.tsx';
import { type Column, Listing } from '../ui/Listing.tsx';
import { Empty } from '../ui/States.tsx';
import styles from './Explore.module.css';
import { AssetLink, KindMark, kindLabel, Monies } from './Names.tsx';

const AT_ONCE = 50;

const COLUMNS: readonly Column<Asset>[] = [
  {
    label: 'Asset',
    cell: (a) => (
      <>
        <AssetLink asset={a} />
        <span className={styles.sub}>
          <KindMark kind={a.kind} /> {a.description.slice(0, 140)}
        </span>
      </>
    ),
  },
  { label: 'Owner', cell: (a) => <AddressLink address={a.owner} /> },
  {
    label: 'Earned',
    isNumber: true,
    cell: (a) => <Monies money={a.earnings.map((e) => ({ token: e.token, amount: e.received }))} />,
  },
  {
    label: 'Passed on',
    isNumber: true,
    cell: (a) => <Monies money={a.earnings.map((e) => ({ token: e.token, amount: e.passedOn }))} />,
  },
  {
    label: 'Paid to people',
    isNumber: true,
    cell: (a) => <Monies money={a.earnings.map((e) => ({ token: e.token, amount: e.paidOut }))} />,
  },
];

/** The same as the map, as a list that can be filtered. */
export function GraphList({ graph }: { graph: GraphData }) {
  const [kind, setKind] = useState<AssetKind | null>(null);
  const [text, setText] = useState('');
  const [shown, setShown] = useState(AT_ONCE);
  const words = text.trim().toLowerCase();
  const rows = [...graph.nodes.values()].filter(
    (a) => (kind === null || a.kind === kind) && (words === '' || a.name.toLowerCase().includes(words)),
  );
  return (
    <>
      <div className={styles.filters}>
        <TextInput
          label="Name"
          placeholder="Any"
          maxLength={100}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          label="Kind"
          placeholder="Any"
          clearable
          clearButtonProps={{ 'aria-label': 'Any kind' }}
          data={ASSET_KINDS.map((value) => ({ value, label: kindLabel(value) }))}
          value={kind}
          onChange={(value) => setKind(value as AssetKind | null)}
        />
      </div>
      {rows.length === 0 ? (
        <Empty title="Nothing fits" />
      ) : (
        <Listing label="Assets" columns={COLUMNS} rows={rows.slice(0, shown)} keyOf={(a) => a.account} />
      )}
      {rows.length > shown && (
        <Button variant="default" mt="lg" onClick={() => setShown(shown + AT_ONCE)}>
          Show more of {rows.length}
        </Button>
      )}
    </>
  );
}
