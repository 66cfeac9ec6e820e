import { ActionIcon, Kbd, Tooltip, UnstyledButton } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import styles from './Search.module.css';

const SearchDialog = lazy(() => import('./SearchDialog.tsx'));

/** Opens the search, also by Ctrl+K and by `/`. */
export function SearchButton() {
  const [opened, { open, close }] = useDisclosure(false);
  useHotkeys([
    ['mod+K', open],
    ['/', open],
  ]);
  return (
    <>
      <UnstyledButton className={styles.wide} onClick={open} aria-label="Search">
        <IconSearch size={17} stroke={1.7} aria-hidden />
        <span>Search</span>
        <Kbd size="xs">/</Kbd>
      </UnstyledButton>
      <Tooltip label="Search">
        <ActionIcon
          className={styles.narrow}
          variant="subtle"
          color="gray"
          size="lg"
          onClick={open}
          aria-label="Search"
        >
          <IconSearch size={20} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      {opened && (
        <Suspense>
          <SearchDialog onClose={close} />
        </Suspense>
      )}
    </>
  );
}
