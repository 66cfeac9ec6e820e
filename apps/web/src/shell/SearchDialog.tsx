import { Combobox, Modal, Text, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { type Answer, useExplorer } from '../api/explorer.ts';
import { FailedLine } from '../ui/States.tsx';
import styles from './Search.module.css';

type Result = Answer<'search'>['results'][number];

const TYPES: Record<Result['type'], { label: string; path: (id: string) => string }> = {
  asset: { label: 'Asset', path: (id) => `/explore/assets/${id}` },
  service: { label: 'Service', path: (id) => `/explore/assets/${id}` },
  party: { label: 'Party', path: (id) => `/explore/parties/${id}` },
  receipt: { label: 'Receipt', path: (id) => `/explore/receipts/${id}` },
  address: { label: 'Address', path: (id) => `/explore/addresses/${id}` },
  transaction: { label: 'Transaction', path: (id) => `/explore/transactions/${id}` },
};

const LONGEST = 128;

/** Finds assets, services, parties, receipts, addresses and transactions by name or by the beginning of an id. */
export default function SearchDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 150);
  const found = useExplorer('search', {}, { q: asked, limit: 12 }, { enabled: asked.length > 0, everyMs: false });
  const navigate = useNavigate();
  // The list belongs to the dialog: it never closes by itself.
  const combobox = useCombobox({ opened: true });
  const results = asked ? (found.data?.results ?? []) : [];

  // Enter takes the best one, without a step down to it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: chosen anew whenever something else was found
  useEffect(() => {
    combobox.selectFirstOption();
  }, [found.data]);

  const go = (value: string) => {
    const [type, id] = value.split(' ') as [Result['type'], string];
    onClose();
    void navigate({ to: TYPES[type].path(id) });
  };

  return (
    <Modal.Root opened onClose={onClose} size="lg" yOffset="12vh">
      <Modal.Overlay />
      <Modal.Content aria-label="Search">
        <Combobox store={combobox} onOptionSubmit={go}>
          <Combobox.EventsTarget>
            <TextInput
              data-autofocus
              variant="unstyled"
              size="lg"
              px="md"
              leftSection={<IconSearch size={20} stroke={1.7} aria-hidden />}
              leftSectionWidth={52}
              placeholder="A name, or the beginning of an id or address"
              aria-label="Search for"
              maxLength={LONGEST}
              value={text}
              onChange={(event) => {
                setText(event.currentTarget.value);
                combobox.selectFirstOption();
              }}
            />
          </Combobox.EventsTarget>
          <div
            style={{
              borderTop: '1px solid var(--line)',
              minHeight: '4rem',
              maxHeight: '50vh',
              overflow: 'auto',
              padding: '0.5rem',
            }}
          >
            <Combobox.Options aria-label="Found">
              {results.map((result) => (
                <Combobox.Option
                  key={`${result.type} ${result.id}`}
                  value={`${result.type} ${result.id}`}
                  p="xs"
                  className={styles.option ?? ''}
                >
                  <Text size="sm" fw={550} truncate>
                    {result.title}
                    <Text span c="dimmed" size="xs" ml={8} fw={400}>
                      {TYPES[result.type].label}
                    </Text>
                  </Text>
                  <Text size="xs" c="dimmed" truncate>
                    {result.detail}
                  </Text>
                </Combobox.Option>
              ))}
            </Combobox.Options>
            {found.isError && asked && <FailedLine error={found.error} />}
            {!found.isError && results.length === 0 && (
              <Text size="sm" c="dimmed" p="xs" role="status">
                {asked && !found.isFetching
                  ? `Nothing is called “${asked}”.`
                  : 'Assets, services, people, receipts, transactions.'}
              </Text>
            )}
          </div>
        </Combobox>
      </Modal.Content>
    </Modal.Root>
  );
}
