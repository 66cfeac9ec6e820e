import { Button, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fetchNetwork, isPlayMoney, useNetwork } from '../api/network.ts';
import { TransactionLink } from '../ui/Ids.tsx';
import { Failed } from '../ui/States.tsx';
import { WalletPicker } from '../wallet/WalletPicker.tsx';
import { useWallet } from '../wallet/wallets.ts';
import { useNewAssets } from './arrivals.ts';
import { type PublishPlan, publishCommand } from './command.ts';
import { Arrival, Command } from './Wizard.tsx';

interface Props {
  plan: PublishPlan & { kind: 'model' | 'dataset' };
}

/** Puts an asset on the chain: by a wallet's signature here, or by a command elsewhere; shows it when it is there. */
export function Publish({ plan }: Props) {
  const wallet = useWallet();
  const network = useNetwork();
  const client = useQueryClient();
  const arrived = useNewAssets(plan.kind, plan.name);
  const register = useMutation({
    mutationFn: async () => {
      if (!wallet) throw new Error('Connect a wallet first.');
      const { registerAsset } = await import('../wallet/chain-actions.ts');
      return registerAsset(await fetchNetwork(), wallet, {
        ...plan,
        upstream: plan.upstream.map((u) => ({ account: u.account as `0x${string}`, weightPpm: u.weightPpm })),
        holders: plan.holders.map((h) => ({ holder: h.holder as `0x${string}`, shares: h.shares })),
      });
    },
    onSuccess: () => client.invalidateQueries(),
  });
  const account = register.data?.account ?? arrived[0]?.account;
  return (
    <ol>
      <li>
        Sign with a wallet:
        <div style={{ display: 'grid', gap: '0.6rem', marginTop: '0.5rem' }}>
          <WalletPicker />
          {wallet && (
            <Button loading={register.isPending} onClick={() => register.mutate()}>
              Publish
            </Button>
          )}
          {register.isError && <Failed error={register.error} />}
        </div>
      </li>
      <li>
        Or run this in the folder of Tributary:
        <Command text={publishCommand(plan, network.data, isPlayMoney(network.data))} />
      </li>
      <li>
        <Text span size="sm">
          From then on it has an account that can be paid.
        </Text>
        <Arrival waiting="Waiting for it to appear" done={account !== undefined}>
          {account && (
            <Link to="/explore/assets/$account" params={{ account }}>
              {plan.name}
            </Link>
          )}{' '}
          {register.data &&
            (register.data.hash ? (
              <>
                is on the chain, <TransactionLink hash={register.data.hash} label="proof" />.
              </>
            ) : (
              'was registered before.'
            ))}
        </Arrival>
      </li>
    </ol>
  );
}
