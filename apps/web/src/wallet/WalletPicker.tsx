import { Button, Group, Stack, Text } from '@mantine/core';
import { IconFlask, IconWallet } from '@tabler/icons-react';
import { useState } from 'react';
import { useNetwork } from '../api/network.ts';
import { useDevnetParties } from '../flow/use-names.ts';
import { shortId } from '../ui/Ids.tsx';
import { Failed } from '../ui/States.tsx';
import { type FoundWallet, useFoundWallets } from './found-wallets.ts';
import { loadEngine } from './load.ts';
import styles from './WalletPicker.module.css';
import { connectedWallet, useWallet } from './wallets.ts';

/** Connects a wallet: those that this browser has, and on a devnet its parties, for trying out; `toPay` leaves out the poor. */
export function WalletPicker({ toPay = false }: { toPay?: boolean }) {
  const wallet = useWallet();
  const network = useNetwork();
  const found = useFoundWallets();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const devnet = useDevnetParties();
  // The others have no dollars to put aside.
  const parties =
    devnet.data?.filter(({ connected }) => !toPay || (connected.kind === 'devnet' && connected.party === 'payer')) ??
    [];

  if (wallet) {
    return (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">
          <strong>{wallet.name}</strong>{' '}
          <span className="mono" title={wallet.address}>
            {shortId(wallet.address)}
          </span>
        </Text>
        <Button size="xs" variant="default" onClick={() => connectedWallet.set(null)}>
          Disconnect
        </Button>
      </Group>
    );
  }

  const connect = async (choice: FoundWallet) => {
    setBusy(choice.id);
    setError(null);
    try {
      connectedWallet.set(await (await loadEngine()).connectInjected(choice, network.data!));
    } catch (e) {
      setError(e);
    }
    setBusy(null);
  };

  return (
    <Stack gap="xs">
      {found.map((choice) => (
        <Button
          key={choice.id}
          variant="default"
          justify="flex-start"
          loading={busy === choice.id}
          disabled={!network.isSuccess}
          leftSection={choice.icon ? <img src={choice.icon} width={20} height={20} alt="" /> : <IconWallet size={20} />}
          onClick={() => void connect(choice)}
        >
          {choice.name}
        </Button>
      ))}
      {found.length === 0 && (
        <Text size="sm" c="dimmed">
          This browser has no wallet.{' '}
          {parties.length
            ? 'On this test network you can act as one of its parties:'
            : 'Install one as an extension, then open this page again.'}
        </Text>
      )}
      {parties.length > 0 && (
        <div className={styles.parties}>
          {found.length > 0 && (
            <Text size="sm" c="dimmed">
              Or act as one of the parties of this test network:
            </Text>
          )}
          {parties.map(({ connected, does }) => (
            <Button
              key={connected.address}
              variant="subtle"
              color="gray"
              className={styles.party ?? ''}
              justify="flex-start"
              leftSection={<IconFlask size={18} stroke={1.7} />}
              onClick={() => connectedWallet.set(connected)}
            >
              <span className={styles.partyName}>{connected.name}</span>
              <span className={styles.partyDoes}>{does}</span>
            </Button>
          ))}
        </div>
      )}
      {error !== null && <Failed error={error} />}
    </Stack>
  );
}
