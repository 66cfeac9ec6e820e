import { UnstyledButton } from '@mantine/core';
import { IconWallet } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { shortDollars } from '../money/format.ts';
import { createStore, useStore } from '../ui/store.ts';
import { usePurse } from '../wallet/purse.ts';
import styles from './PurseButton.module.css';

const PurseDialog = lazy(() => import('../wallet/PurseDialog.tsx'));

const opened = createStore(false);

/** Opens the dialog in which one chooses what pays. */
export function openPurse(): void {
  opened.set(true);
}

/** What pays for questions, and what is left of it. */
export function PurseButton() {
  const { purse, spent, left } = usePurse();
  const isOpen = useStore(opened);
  const text = left !== null ? `${shortDollars(left)} left` : purse ? `${shortDollars(spent)} spent` : 'How to pay';
  return (
    <>
      <UnstyledButton className={styles.button} onClick={openPurse} aria-label={`Paying: ${text}`}>
        <IconWallet size={19} stroke={1.7} aria-hidden />
        <span className={styles.text}>{text}</span>
      </UnstyledButton>
      {isOpen && (
        <Suspense>
          <PurseDialog onClose={() => opened.set(false)} />
        </Suspense>
      )}
    </>
  );
}
