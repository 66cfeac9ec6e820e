import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconCoins, IconCompass, IconMessageCircle, IconMoon, IconSun } from '@tabler/icons-react';
import { Link, Outlet } from '@tanstack/react-router';
import { isPlayMoney, useNetwork } from '../api/network.ts';
import { PurseButton } from './PurseButton.tsx';
import { SearchButton } from './Search.tsx';
import styles from './Shell.module.css';
import { Wordmark } from './Wordmark.tsx';

const PLACES = [
  { to: '/', label: 'Ask', icon: IconMessageCircle },
  { to: '/explore', label: 'Explore', icon: IconCompass },
  { to: '/earn', label: 'Earn', icon: IconCoins },
] as const;

function Places({ className }: { className: string | undefined }) {
  return (
    <nav className={className} aria-label="Main">
      {PLACES.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={styles.place} activeOptions={{ exact: to === '/' }}>
          <Icon size={20} stroke={1.7} aria-hidden />
          {label}
        </Link>
      ))}
    </nav>
  );
}

function ColorsButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Use ${next} colours`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={`Use ${next} colours`}
        onClick={() => setColorScheme(next)}
      >
        {scheme === 'dark' ? <IconSun size={19} stroke={1.7} /> : <IconMoon size={19} stroke={1.7} />}
      </ActionIcon>
    </Tooltip>
  );
}

/** The frame around every page: where one can go, search, and what pays. */
export function Shell() {
  const network = useNetwork();
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link to="/" className={styles.brand} aria-label="Tributary, start page">
            <Wordmark />
          </Link>
          <Places className={styles.places} />
          <div className={styles.tools}>
            {isPlayMoney(network.data) && (
              <Tooltip label="This network runs on one machine. Its dollars are play money." multiline w={240}>
                <span className={styles.play}>Test network</span>
              </Tooltip>
            )}
            <SearchButton />
            <PurseButton />
            <ColorsButton />
          </div>
        </div>
      </header>
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      <Places className={styles.tabs} />
    </>
  );
}
