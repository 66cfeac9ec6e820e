import { ActionIcon, Alert, Button, CopyButton, Loader, Text, Title } from '@mantine/core';
import { IconArrowLeft, IconCheck, IconCircleCheck, IconCopy, IconPlus, IconX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import styles from './Earn.module.css';

interface Props {
  title: string;
  lead: ReactNode;
  /** What to fill in. */
  form: ReactNode;
  /** What happens then, and how to make it happen. */
  aside: ReactNode;
}

/** A page on which somebody joins: at the left what one says, at the right what comes of it. */
export function Wizard({ title, lead, form, aside }: Props) {
  return (
    <div className={styles.page}>
      <Link to="/earn" className={styles.back}>
        <IconArrowLeft size={17} stroke={1.8} aria-hidden /> Earn
      </Link>
      <header className={styles.head}>
        <Title order={1}>{title}</Title>
        <p className={styles.lead}>{lead}</p>
      </header>
      <div className={styles.wizard}>
        <div className={styles.form}>{form}</div>
        <aside className={styles.aside}>{aside}</aside>
      </div>
    </div>
  );
}

/** A command for the terminal, with a button that copies it. */
export function Command({ text }: { text: string }) {
  return (
    <div className={styles.command}>
      <pre>
        {text.split(/(?<= )(?=--)|(?<=\n)/).map((part) => (
          <span key={part}>{part}</span>
        ))}
      </pre>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button
            size="xs"
            variant="light"
            leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} stroke={1.7} />}
            onClick={copy}
          >
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}

/** That something is waited for, until it happened. */
export function Arrival({ waiting, done, children }: { waiting: string; done: boolean; children: ReactNode }) {
  return (
    <div role="status">
      {done ? (
        <Alert color="green" variant="light" icon={<IconCircleCheck />} title="It is there">
          {children}
        </Alert>
      ) : (
        <Text size="sm" c="dimmed">
          <Loader size={13} mr={8} /> {waiting}
        </Text>
      )}
    </div>
  );
}

/** Takes a row of a list away. */
export function RemoveRow({ number, onClick }: { number: number; onClick: () => void }) {
  return (
    <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Remove ${number}`} onClick={onClick}>
      <IconX size={18} stroke={1.7} />
    </ActionIcon>
  );
}

/** Below the rows of a list: what is wrong with all of them together, and a button for one more. */
export function MoreRows(props: { wrong: string | null; label: string; isFull: boolean; onAdd: () => void }) {
  const { wrong, label, isFull, onAdd } = props;
  return (
    <>
      {wrong && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {wrong}
        </Text>
      )}
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlus size={16} stroke={1.7} />}
        disabled={isFull}
        style={{ justifySelf: 'start' }}
        onClick={onAdd}
      >
        {label}
      </Button>
    </>
  );
}

/** The next free id of a list's rows. */
export function nextId(rows: readonly { id: number }[]): number {
  return Math.max(0, ...rows.map((r) => r.id)) + 1;
}
