import { Alert, Button, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Address } from '@tributary/protocol';
import { useState } from 'react';
import { useExplorer } from '../api/explorer.ts';
import { fetchNetwork, isPlayMoney, useNetwork } from '../api/network.ts';
import { AssetList } from '../explore/AssetList.tsx';
import { dollarsIn, Monies } from '../explore/Names.tsx';
import { percent, shortDollars } from '../money/format.ts';
import { Dollars } from '../money/Money.tsx';
import { TransactionLink } from '../ui/Ids.tsx';
import { Empty, Failed, Loading } from '../ui/States.tsx';
import type { Paid } from '../wallet/chain-actions.ts';
import { loadEngine } from '../wallet/load.ts';
import { useWallet } from '../wallet/wallets.ts';
import styles from './Earn.module.css';

/** What an address can claim and what it owns; with a wallet at hand, one button claims it all. */
export function Mine({ address }: { address: Address }) {
  const network = useNetwork();
  const found = useExplorer('address', { address }, { limit: 200 }, { everyMs: 5_000 });
  const dollar = network.data?.contracts.dollar;
  if (!found.data) {
    return found.isError ? (
      <Failed error={found.error} onRetry={() => void found.refetch()} />
    ) : (
      <Loading lines={3} height={64} />
    );
  }
  const { positions, claimable, claimed } = found.data;
  const due = dollarsIn(claimable, dollar);
  const accounts = positions.filter((p) => dollarsIn(p.claimable, dollar) > 0n).map((p) => p.asset.account);
  return (
    <div className={styles.owned}>
      <div className={styles.claim}>
        <p className={styles.claimable}>
          <span className={styles.claimLabel}>You can claim</span>
          <span className={styles.claimAmount} aria-live="polite">
            {claimable === null ? 'unknown' : <Dollars amount={due} />}
          </span>
          <span className={styles.claimNote}>
            taken so far <Monies money={claimed} none="$0.00" />
          </span>
        </p>
        <ClaimButton address={address} accounts={accounts} due={due} />
      </div>
      {positions.length === 0 ? (
        <Empty title="Nothing is owned here yet">Begin below: it takes a minute.</Empty>
      ) : (
        <AssetList
          assets={positions.map((p) => p.asset)}
          empty=""
          figure={(asset) => {
            const p = positions.find((q) => q.asset.account === asset.account);
            return (
              p && (
                <>
                  <Monies money={p.claimable} none="nothing to claim" />
                  <span className={styles.note}>
                    {p.sharePpm > 0 ? `${percent(p.sharePpm)} is yours` : p.owns ? 'yours' : ''}
                  </span>
                </>
              )
            );
          }}
        />
      )}
      {due === 0n && positions.length > 0 && (
        <Text size="sm" c="dimmed">
          Answers are paid by promises first. Providers collect them on the chain every hour or so, then your part can
          be claimed{isPlayMoney(network.data) ? '; on your own test network, npx tributary settle does it now' : ''}.
        </Text>
      )}
    </div>
  );
}

function ClaimButton({ address, accounts, due }: { address: Address; accounts: readonly Address[]; due: bigint }) {
  const wallet = useWallet();
  const network = useNetwork();
  const client = useQueryClient();
  const [paid, setPaid] = useState<readonly Paid[]>([]);
  const claim = useMutation({
    mutationFn: async () => {
      setPaid([]);
      const engine = await loadEngine();
      const facts = await fetchNetwork();
      // Anyone may have it paid out to whom it belongs; on a devnet its own payer does so for those without a wallet.
      const sender = wallet ?? engine.devnetPayer();
      const { claimAll } = await import('../wallet/chain-actions.ts');
      await claimAll(facts, sender, address, accounts, (one) => setPaid((all) => [...all, one]));
    },
    onSettled: () => client.invalidateQueries(),
  });
  const total = paid.reduce((sum, p) => sum + p.dollars, 0n);
  const canSend = wallet !== null || isPlayMoney(network.data);
  return (
    <div className={styles.claimDo}>
      <Button size="md" loading={claim.isPending} disabled={due === 0n || !canSend} onClick={() => claim.mutate()}>
        Claim it all
      </Button>
      {!canSend && due > 0n && (
        <Text size="sm" c="dimmed">
          Connect a wallet: it pays the chain’s small fee.
        </Text>
      )}
      {claim.isPending && accounts.length > 1 && (
        <Text size="sm" c="dimmed" role="status">
          {paid.length} of {accounts.length} paid
        </Text>
      )}
      {claim.isError && <Failed error={claim.error} />}
      {claim.isSuccess && paid.length > 0 && (
        <Alert
          color="green"
          variant="light"
          icon={<IconCircleCheck />}
          title={`${shortDollars(total)} is yours`}
          role="status"
        >
          <ul className={styles.proofs}>
            {paid.map((p) => (
              <li key={p.hash}>
                <Dollars amount={p.dollars} /> in transaction <TransactionLink hash={p.hash} />
              </li>
            ))}
          </ul>
        </Alert>
      )}
    </div>
  );
}
