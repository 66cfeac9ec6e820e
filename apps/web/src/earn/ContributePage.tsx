import { SegmentedControl, Text, Textarea, TextInput, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { parseUnits } from '@tributary/protocol';
import { useState } from 'react';
import { isPlayMoney, useNetwork } from '../api/network.ts';
import { exactDollars, parseDollars, parsePercent, percent } from '../money/format.ts';
import { useNewServices } from './arrivals.ts';
import { provideCommand } from './command.ts';
import styles from './Earn.module.css';
import { wrongAddress, wrongDescription, wrongFolder, wrongName } from './fields.ts';
import { Publish } from './Publish.tsx';
import { Arrival, Command, MoreRows, nextId, RemoveRow, Wizard } from './Wizard.tsx';

const ALL = 1_000_000;
const MOST_HOLDERS = 64;
const SHARE_DECIMALS = 18;

/** Contributes documents: either one answers from them oneself, or registers them so that models can name them. */
export function ContributePage() {
  const [way, setWay] = useState<'answer' | 'register'>('answer');
  const choice = (
    <SegmentedControl
      fullWidth
      aria-label="How"
      value={way}
      onChange={(value) => setWay(value as 'answer' | 'register')}
      data={[
        { value: 'answer', label: 'Answer from my documents' },
        { value: 'register', label: 'Register a dataset' },
      ]}
    />
  );
  return way === 'answer' ? <AnswerFrom choice={choice} /> : <Register choice={choice} />;
}

const LEAD =
  'Every answer says which passages it used. Those who contributed them are paid for it, by shares that nobody can change behind their backs.';

function AnswerFrom({ choice }: { choice: React.ReactNode }) {
  const network = useNetwork();
  const [name, setName] = useState('my-library');
  const [folder, setFolder] = useState('./documents');
  const [price, setPrice] = useState('0.0003');
  const arrived = useNewServices(name.trim());
  const parsed = parseDollars(price);
  const wrong = { name: wrongName(name), folder: wrongFolder(folder), price: 'wrong' in parsed ? parsed.wrong : null };
  const plan =
    !wrong.name && !wrong.folder && 'amount' in parsed
      ? {
          name: name.trim(),
          upstream: null,
          documents: folder.trim(),
          perRequest: parsed.amount,
          perMillionPrompt: 0n,
          perMillionCompletion: 0n,
        }
      : null;
  return (
    <Wizard
      title="Contribute data"
      lead={LEAD}
      form={
        <>
          {choice}
          <fieldset>
            <legend>Your documents</legend>
            <TextInput
              label="Folder"
              description="Markdown, HTML, text or PDF. They stay on your computer; only quoted passages leave it."
              value={folder}
              maxLength={500}
              error={wrong.folder}
              onChange={(e) => setFolder(e.currentTarget.value)}
            />
            <TextInput
              label="Your name"
              description="As those who ask will see it"
              value={name}
              maxLength={80}
              error={wrong.name}
              onChange={(e) => setName(e.currentTarget.value)}
            />
            <TextInput
              label="Price of an answer, in dollars"
              inputMode="decimal"
              value={price}
              maxLength={20}
              error={wrong.price}
              onChange={(e) => setPrice(e.currentTarget.value)}
            />
          </fieldset>
        </>
      }
      aside={
        <>
          <div>
            <Title order={2}>What you earn</Title>
            <p className={`${styles.example} num`}>{'amount' in parsed ? exactDollars(parsed.amount) : '—'}</p>
            <Text size="sm" c="dimmed">
              for each question that your documents answer, and nothing is asked of you for those they do not.
            </Text>
          </div>
          {plan ? (
            <ol>
              <li>
                Run this on the computer, in the folder of Tributary:
                <Command text={provideCommand(plan, network.data, isPlayMoney(network.data))} />
              </li>
              <li>
                Leave it running: it reads the folder and starts to answer from it.
                <Arrival waiting="Waiting for your library to appear" done={arrived.length > 0}>
                  {arrived.map((service) => (
                    <div key={service.service}>
                      <Link to="/explore/assets/$account" params={{ account: service.service }}>
                        {service.name}
                      </Link>{' '}
                      answers now.
                    </div>
                  ))}
                </Arrival>
              </li>
            </ol>
          ) : (
            <Text c="dimmed">Fill in what is marked, and your command appears here.</Text>
          )}
        </>
      }
    />
  );
}

interface Row {
  id: number;
  address: string;
  share: string;
}

function Register({ choice }: { choice: React.ReactNode }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [dues, setDues] = useState('0');
  const [rows, setRows] = useState<Row[]>([]);
  const shares = rows.map((r) => parsePercent(r.share));
  const sum = shares.reduce((s, p) => s + ('ppm' in p ? p.ppm : 0), 0);
  const duesParsed = parsePercent(dues);
  const wrong = {
    name: wrongName(name),
    description: wrongDescription(description),
    dues: 'wrong' in duesParsed ? duesParsed.wrong : null,
    addresses: rows.map((r, i) =>
      rows.some((o, k) => k < i && o.address.trim().toLowerCase() === r.address.trim().toLowerCase())
        ? 'This one is named already.'
        : wrongAddress(r.address),
    ),
    shares: shares.map((p) => ('wrong' in p ? p.wrong : p.ppm === 0 ? 'More than 0.' : null)),
    sum: rows.length > 0 && sum !== ALL ? `The parts make ${percent(sum)}; together they must be 100 %.` : null,
  };
  const isFine =
    !wrong.name &&
    !wrong.description &&
    !wrong.dues &&
    !wrong.sum &&
    [...wrong.addresses, ...wrong.shares].every((w) => w === null);
  const change = (id: number, part: Partial<Row>) => setRows(rows.map((r) => (r.id === id ? { ...r, ...part } : r)));
  return (
    <Wizard
      title="Contribute data"
      lead={LEAD}
      form={
        <>
          {choice}
          <fieldset>
            <legend>The dataset</legend>
            <TextInput
              label="Name"
              value={name}
              maxLength={80}
              error={name !== '' && wrong.name}
              onChange={(e) => setName(e.currentTarget.value)}
            />
            <Textarea
              label="What is in it"
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
            <legend>Who contributed?</legend>
            <Text size="sm" c="dimmed">
              Each gets a part of all that the dataset earns. Name nobody, and it is all yours.
            </Text>
            {rows.map((row, i) => (
              <div key={row.id} className={styles.row}>
                <TextInput
                  aria-label={`Address, ${i + 1}`}
                  placeholder="0x…"
                  spellCheck={false}
                  value={row.address}
                  maxLength={60}
                  error={row.address !== '' && wrong.addresses[i]}
                  onChange={(e) => change(row.id, { address: e.currentTarget.value })}
                />
                <TextInput
                  aria-label={`Part, ${i + 1}`}
                  rightSection="%"
                  inputMode="decimal"
                  value={row.share}
                  maxLength={9}
                  error={wrong.shares[i]}
                  onChange={(e) => change(row.id, { share: e.currentTarget.value })}
                />
                <RemoveRow number={i + 1} onClick={() => setRows(rows.filter((r) => r.id !== row.id))} />
              </div>
            ))}
            <MoreRows
              wrong={wrong.sum}
              label="Add a contributor"
              isFull={rows.length >= MOST_HOLDERS}
              onAdd={() => setRows([...rows, { id: nextId(rows), address: '', share: rows.length === 0 ? '100' : '' }])}
            />
          </fieldset>
          <fieldset>
            <legend>What must others pay?</legend>
            <TextInput
              label="Least part of whatever is built on it"
              description="0 leaves it to those who build."
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
          <Title order={2}>Put it on the chain</Title>
          {isFine ? (
            <Publish
              plan={{
                kind: 'dataset',
                name: name.trim(),
                description: description.trim(),
                upstream: [],
                // A hundred shares, so that a share is a hundredth.
                holders: rows.map((r, i) => {
                  const share = shares[i]!;
                  return {
                    holder: r.address.trim().toLowerCase(),
                    shares: parseUnits('ppm' in share ? (share.ppm / 10_000).toFixed(4) : '0', SHARE_DECIMALS),
                  };
                }),
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
