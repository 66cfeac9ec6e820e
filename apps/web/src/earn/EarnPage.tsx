import { Button, Text, TextInput, Title } from '@mantine/core';
import { IconArrowRight, IconBox, IconCpu, IconDatabase } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Address } from '@tributary/protocol';
import { useState } from 'react';
import { WalletPicker } from '../wallet/WalletPicker.tsx';
import { lower, useWallet } from '../wallet/wallets.ts';
import styles from './Earn.module.css';
import { wrongAddress } from './fields.ts';
import { Mine } from './Mine.tsx';

const WAYS = [
  {
    to: '/earn/offer',
    icon: IconCpu,
    title: 'Offer a computer or an API',
    text: 'A model server on your machine, or one you can reach, answers questions and earns by each.',
  },
  {
    to: '/earn/model',
    icon: IconBox,
    title: 'Publish a model',
    text: 'Others may run it. Whatever they earn with it, your part of it arrives by itself.',
  },
  {
    to: '/earn/data',
    icon: IconDatabase,
    title: 'Contribute data',
    text: 'Documents that answers are made from. Each answer names what it used, and pays for it.',
  },
] as const;

/** What somebody owns and can claim, and how to begin. */
export function EarnPage() {
  const wallet = useWallet();
  const [looked, setLooked] = useState<Address | null>(null);
  const shown = wallet?.address ?? looked;
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <Title order={1}>Earn</Title>
        <p className={styles.lead}>
          Whoever gives a computer, a model or data is paid for every answer made with it. Nobody holds your money for
          you: it waits on the chain until you take it.
        </p>
      </header>
      <section className={styles.mine} aria-label="What is yours">
        <div className={styles.who}>
          {!wallet && (
            <>
              <Title order={2}>See what is yours</Title>
              <Text size="sm" c="dimmed">
                Connect the wallet that owns it, or look an address up.
              </Text>
            </>
          )}
          <WalletPicker />
          {!wallet && <LookUp onFound={setLooked} />}
        </div>
        {shown && <Mine address={shown} key={shown} />}
      </section>
      <section className={styles.ways}>
        <Title order={2} mb="sm">
          Begin to earn
        </Title>
        <ul>
          {WAYS.map(({ to, icon: Icon, title, text }) => (
            <li key={to}>
              <Link to={to} className={styles.way}>
                <Icon size={26} stroke={1.5} aria-hidden />
                <span className={styles.wayTitle}>
                  {title} <IconArrowRight size={17} stroke={1.8} aria-hidden />
                </span>
                <span className={styles.wayText}>{text}</span>
              </Link>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function LookUp({ onFound }: { onFound: (address: Address) => void }) {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  return (
    <form
      className={styles.lookUp}
      onSubmit={(event) => {
        event.preventDefault();
        const why = wrongAddress(text);
        setWrong(why);
        if (!why) onFound(lower(text.trim()));
      }}
    >
      <TextInput
        label="Address"
        description="npx tributary earnings prints yours"
        placeholder="0x…"
        spellCheck={false}
        autoComplete="off"
        maxLength={60}
        value={text}
        error={wrong}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setWrong(null);
        }}
      />
      <Button type="submit" variant="default">
        Look up
      </Button>
    </form>
  );
}
