import { Select, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useExplorer } from '../api/explorer.ts';
import { kindLabel } from '../explore/Names.tsx';
import { parsePercent, percent } from '../money/format.ts';
import styles from './Earn.module.css';
import { wrongDescription, wrongName } from './fields.ts';
import { Publish } from './Publish.tsx';
import { MoreRows, nextId, RemoveRow, Wizard } from './Wizard.tsx';

interface Row {
  id: number;
  account: string | null;
  share: string;
}

const MOST_ROWS = 16;
const ALL = 1_000_000;

/** Publishes a model: what it was made from is paid out of what it earns. */
export function PublishModelPage() {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [dues, setDues] = useState('0');
  const [rows, setRows] = useState<Row[]>([]);
  const assets = useExplorer('assets', {}, { limit: 500 }, { everyMs: false });
  const choices = (assets.data?.assets ?? [])
    .filter((a) => a.kind !== 'service')
    .map((a) => ({ value: a.account, label: `${a.name} · ${kindLabel(a.kind).toLowerCase()}` }));

  const shares = rows.map((r) => parsePercent(r.share));
  const duesParsed = parsePercent(dues);
  const sum = shares.reduce((s, p) => s + ('ppm' in p ? p.ppm : 0), 0);
  const wrong = {
    name: wrongName(name),
    description: wrongDescription(description),
    dues: 'wrong' in duesParsed ? duesParsed.wrong : null,
    rows: rows.map((r, i) => {
      const share = shares[i]!;
      if (r.account === null) return 'Choose what it was made from.';
      if (rows.some((o, k) => k < i && o.account === r.account)) return 'This one is named already.';
      if ('wrong' in share) return share.wrong;
      return share.ppm === 0 ? 'More than 0.' : null;
    }),
    sum: sum > ALL ? `Together they get ${percent(sum)}: more than everything.` : null,
  };
  const isFine = !wrong.name && !wrong.description && !wrong.dues && !wrong.sum && wrong.rows.every((w) => w === null);
  const change = (id: number, part: Partial<Row>) => setRows(rows.map((r) => (r.id === id ? { ...r, ...part } : r)));

  return (
    <Wizard
      title="Publish a model"
      lead="Register it once. Whoever runs it names it, and your part of every answer arrives at its account without anybody’s permission."
      form={
        <>
          <fieldset>
            <legend>Your model</legend>
            <TextInput
              label="Name"
              description="As callers will ask for it, such as acme/poet-7b"
              value={name}
              maxLength={80}
              error={name !== '' && wrong.name}
              onChange={(e) => setName(e.currentTarget.value)}
            />
            <Textarea
              label="What it is good at"
              autosize
              minRows={2}
              maxRows={6}
              value={description}
              maxLength={600}
              error={wrong.description}
              onChange={(e) => setDescription(e.currentTarget.value)}
            />
          </fieldset>
          <fieldset>
            <legend>What was it made from?</legend>
            <Text size="sm" c="dimmed">
              Datasets, other models, or computers. Each gets its part of all that the model ever earns. This cannot be
              changed later.
            </Text>
            {rows.map((row, i) => (
              <div key={row.id} className={styles.row}>
                <Select
                  aria-label={`Made from, ${i + 1}`}
                  placeholder="Choose an asset"
                  searchable
                  data={choices}
                  value={row.account}
                  error={wrong.rows[i]}
                  nothingFoundMessage="Nothing is called so"
                  onChange={(account) => change(row.id, { account })}
                />
                <TextInput
                  aria-label={`Its part, ${i + 1}`}
                  rightSection="%"
                  inputMode="decimal"
                  value={row.share}
                  maxLength={9}
                  onChange={(e) => change(row.id, { share: e.currentTarget.value })}
                />
                <RemoveRow number={i + 1} onClick={() => setRows(rows.filter((r) => r.id !== row.id))} />
              </div>
            ))}
            <MoreRows
              wrong={wrong.sum}
              label="Add one"
              isFull={rows.length >= MOST_ROWS}
              onAdd={() => setRows([...rows, { id: nextId(rows), account: null, share: '30' }])}
            />
          </fieldset>
          <fieldset>
            <legend>What must others pay?</legend>
            <TextInput
              label="Least part of whatever is built on it"
              description="0 leaves it to those who build. It goes along the whole chain of what is made from what."
              rightSection="%"
              inputMode="decimal"
              value={dues}
              maxLength={9}
              error={wrong.dues}
              onChange={(e) => setDues(e.currentTarget.value)}
            />
          </fieldset>
        </>
      }
      aside={
        <>
          <div>
            <Title order={2}>Of each dollar it earns</Title>
            <p className={`${styles.example} num`}>{percent(Math.max(0, ALL - sum))} is yours</p>
            {rows.length > 0 && (
              <Text size="sm" c="dimmed">
                {percent(sum)} goes to what it was made from.
              </Text>
            )}
          </div>
          {isFine ? (
            <Publish
              plan={{
                kind: 'model',
                name: name.trim(),
                description: description.trim(),
                upstream: rows.map((r, i) => {
                  const share = shares[i]!;
                  return { account: r.account ?? '', weightPpm: 'ppm' in share ? share.ppm : 0 };
                }),
                holders: [],
                duesPpm: 'ppm' in duesParsed ? duesParsed.ppm : 0,
              }}
            />
          ) : (
            <Text c="dimmed">Fill in the name and what is marked; then you can publish it here.</Text>
          )}
        </>
      }
    />
  );
}
