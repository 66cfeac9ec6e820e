import { Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import styles from './Explore.module.css';

const PLACES = [
  { to: '/explore', label: 'Map' },
  { to: '/explore/services', label: 'Services' },
  { to: '/explore/parties', label: 'Parties' },
  { to: '/explore/receipts', label: 'Answers' },
  { to: '/explore/claims', label: 'Claims' },
  { to: '/explore/transactions', label: 'Transactions' },
] as const;

interface Props {
  title: ReactNode;
  /** A sentence or two that say what one sees here. */
  lead?: ReactNode;
  children: ReactNode;
}

/** The frame of every page of Explore: where one is, what it shows, and the way to its neighbours. */
export function Frame({ title, lead, children }: Props) {
  return (
    <div className={styles.page}>
      <nav className={styles.places} aria-label="Explore">
        {PLACES.map(({ to, label }) => (
          <Link key={to} to={to} activeOptions={{ exact: to === '/explore' }}>
            {label}
          </Link>
        ))}
      </nav>
      <header className={styles.head}>
        <Title order={1}>{title}</Title>
        {lead && <p className={styles.lead}>{lead}</p>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page with a heading of its own. */
export function Section({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <div className={styles.sectionHead}>
        <Title order={2}>{title}</Title>
        {more}
      </div>
      {children}
    </section>
  );
}

/** A figure with what it is of. */
export function Figure({ label, children, note }: { label: string; children: ReactNode; note?: ReactNode }) {
  return (
    <div className={styles.figure}>
      <dt>{label}</dt>
      <dd>{children}</dd>
      {note && <dd className={styles.note}>{note}</dd>}
    </div>
  );
}
