import { Button, Modal, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fetchNetwork, isPlayMoney, useNetwork } from '../api/network.ts';
import { Dollars } from '../money/Money.tsx';
import { inWords } from '../ui/page-error.ts';
import { Failed } from '../ui/States.tsx';
import { DepositForm } from './DepositForm.tsx';
import { loadEngine } from './load.ts';
import styles from './PurseDialog.module.css';
import { type Purse, purseStore, usePurse } from './purse.ts';

/** In which one sees what pays for questions, and changes it. */
export default function PurseDialog({ onClose }: { onClose: () => void }) {
  const network = useNetwork();
  const play = useQuery({
    queryKey: ['play-money', network.data?.chainId, network.data?.rpc],
    enabled: network.isSuccess,
    queryFn: async () => (await loadEngine()).hasPlayMoney(network.data!),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title="How you pay"
      size="md"
      classNames={{ title: styles.title ?? '' }}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="lg">
        <Now play={isPlayMoney(network.data)} />
        {play.data && <TrialForm />}
        <KeyForm onDone={onClose} />
        <DepositForm onDone={onClose} />
      </Stack>
    </Modal>
  );
}

const KINDS: Record<Purse['kind'], { title: string; text: string }> = {
  trial: {
    title: 'A purse of play money',
    text: 'Opened for you on this test network. It lives in this browser only.',
  },
  key: { title: 'An API key', text: 'Answers are paid from the deposit that belongs to the key.' },
  channel: {
    title: 'A deposit of your wallet',
    text: 'Your browser signs for each answer. Nobody can take more than you signed for; the rest stays yours.',
  },
};

function Now({ play }: { play: boolean }) {
  const { purse, spent, left } = usePurse();
  if (!purse) {
    return (
      <Text c="dimmed" size="sm">
        {play
          ? 'Just ask: your first question opens a purse of play money for you.'
          : 'Nothing pays for questions yet. Choose one of the two ways below.'}
      </Text>
    );
  }
  const { title, text } = KINDS[purse.kind];
  return (
    <Stack gap={4}>
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed">
        {text}
      </Text>
      <Text size="sm">
        Spent here <Dollars amount={spent} />
        {left !== null && (
          <>
            , left <Dollars amount={left} />
          </>
        )}
      </Text>
      <Button
        variant="default"
        size="xs"
        mt={6}
        style={{ alignSelf: 'flex-start' }}
        onClick={() => purseStore.set(null)}
      >
        Stop paying this way
      </Button>
    </Stack>
  );
}

function TrialForm() {
  const { purse } = usePurse();
  const [state, setState] = useState<'idle' | 'busy'>('idle');
  const [error, setError] = useState<unknown>(null);
  if (purse?.kind === 'trial') return null;
  const open = async () => {
    setState('busy');
    setError(null);
    try {
      purseStore.set(await (await loadEngine()).openTrialPurse(await fetchNetwork()));
    } catch (e) {
      setError(e);
    }
    setState('idle');
  };
  return (
    <Stack gap="xs">
      <Title order={3}>Try with play money</Title>
      <Button variant="light" loading={state === 'busy'} onClick={() => void open()}>
        Get $5.00 of play money
      </Button>
      {error !== null && <Failed error={error} />}
    </Stack>
  );
}

function KeyForm({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const use = async () => {
    const key = text.trim();
    try {
      (await loadEngine()).checkApiKey(key);
    } catch (error) {
      const { message, hint } = inWords(error);
      setWrong([message, hint].filter(Boolean).join(' '));
      return;
    }
    purseStore.set({ kind: 'key', apiKey: key });
    onDone();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void use();
      }}
    >
      <Stack gap="xs">
        <Title order={3}>Use an API key</Title>
        <TextInput
          label="API key"
          description="Begins with trib_. It is kept in this browser and sent to this gateway with each question."
          value={text}
          maxLength={200}
          autoComplete="off"
          error={wrong}
          classNames={{ input: styles.secret ?? '' }}
          spellCheck={false}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setWrong(null);
          }}
        />
        <Button type="submit" variant="light">
          Use this key
        </Button>
      </Stack>
    </form>
  );
}
