import { Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { fetchNetwork, isPlayMoney, useNetwork } from '../api/network.ts';
import { parseDollars } from '../money/format.ts';
import { Failed } from '../ui/States.tsx';
import { loadEngine } from './load.ts';
import { purseStore } from './purse.ts';
import { WalletPicker } from './WalletPicker.tsx';
import { useWallet } from './wallets.ts';

/** Puts dollars of a wallet aside for questions: a deposit from which the browser pays answer by answer. */
export function DepositForm({ onDone }: { onDone: () => void }) {
  const wallet = useWallet();
  const network = useNetwork();
  const [text, setText] = useState('5');
  const [wrong, setWrong] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const open = async () => {
    const parsed = parseDollars(text);
    if ('wrong' in parsed) return setWrong(parsed.wrong);
    if (!wallet) return;
    setBusy(true);
    setError(null);
    try {
      const engine = await loadEngine();
      purseStore.set(await engine.openChannelPurse(await fetchNetwork(), wallet, parsed.amount));
      onDone();
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Stack gap="xs">
      <Title order={3}>Pay from a wallet</Title>
      <Text size="sm" c="dimmed">
        You put dollars aside for questions. What you do not use you can take back.
      </Text>
      <WalletPicker toPay />
      {wallet && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void open();
          }}
        >
          <Stack gap="xs">
            <TextInput
              label={isPlayMoney(network.data) ? 'Deposit in test dollars' : 'Deposit in dollars (USDC)'}
              description="0 goes on with a deposit you made before."
              inputMode="decimal"
              value={text}
              maxLength={20}
              error={wrong}
              onChange={(event) => {
                setText(event.currentTarget.value);
                setWrong(null);
              }}
            />
            <Button type="submit" variant="light" loading={busy}>
              Put it aside
            </Button>
          </Stack>
        </form>
      )}
      {error !== null && <Failed error={error} />}
    </Stack>
  );
}
