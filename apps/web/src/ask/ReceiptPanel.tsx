import { Button, Loader, Text } from '@mantine/core';
import { IconCircleCheck, IconCircleX, IconClock, IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useNetwork } from '../api/network.ts';
import { Failed } from '../ui/States.tsx';
import { loadEngine } from '../wallet/load.ts';
import { useWallet } from '../wallet/wallets.ts';
import styles from './Ask.module.css';
import { type CheckGroup, groupChecks, verdict } from './receipt-state.ts';
import { receiptOf, type Turn } from './turn.ts';

const AGAIN_MS = 8_000;

/** What the browser itself found out about a receipt, from the answer's bytes and the chain. */
export function ReceiptPanel({ turn }: { turn: Turn }) {
  const network = useNetwork();
  const wallet = useWallet();
  const signed = receiptOf(turn);
  const found = useQuery({
    queryKey: ['verified', turn.id, wallet?.address],
    enabled: network.isSuccess && signed !== null,
    queryFn: async () => {
      const engine = await loadEngine();
      const client = engine.clientFor({ network: network.data!, purse: null, wallet });
      const { message } = turn.answer!;
      return client.verifyReceipt(signed!, {
        request: turn.request,
        answer: message as { content: string | null },
        fetchLeaves: engine.fetchLeaves,
      });
    },
    refetchInterval: (query) => (query.state.data?.checks.some((c) => c.ok === null) ? AGAIN_MS : false),
  });

  if (!signed) return <Failed error={new Error('The receipt of this answer was not kept.')} />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) {
    return (
      <Text size="sm" c="dimmed" role="status">
        <Loader size={14} mr={8} /> Checking signatures, hashes and the chain
      </Text>
    );
  }
  const { checks, claimed, charged, receiptHash } = found.data;
  const { state, text } = verdict(checks, { claimed, free: charged === 0n });
  return (
    <>
      <Text fw={600} c={state === 'fails' ? 'var(--mantine-color-error)' : 'inherit'}>
        {text}
      </Text>
      <Text size="sm" c="dimmed" mb="sm">
        Your browser did these checks itself; it believed neither the gateway nor the provider.
      </Text>
      <ul className={styles.checks}>
        {groupChecks(checks).map((group) => (
          <GroupLine key={group.title} group={group} />
        ))}
      </ul>
      <div className={styles.receiptTools}>
        <Link to="/explore/receipts/$id" params={{ id: receiptHash }}>
          The public receipt
        </Link>
        <Button
          component="a"
          size="compact-sm"
          variant="subtle"
          leftSection={<IconDownload size={16} stroke={1.7} />}
          href={`data:application/json,${encodeURIComponent(JSON.stringify(turn.answer?.receipt, null, 2))}`}
          download={`receipt-${receiptHash.slice(2, 12)}.json`}
        >
          Keep it as a file
        </Button>
      </div>
    </>
  );
}

const ICONS = {
  holds: <IconCircleCheck size={19} stroke={1.8} color="var(--good)" role="img" aria-label="holds" />,
  fails: <IconCircleX size={19} stroke={1.8} color="var(--mantine-color-error)" role="img" aria-label="fails" />,
  open: <IconClock size={19} stroke={1.8} color="var(--wait)" role="img" aria-label="not yet" />,
};

function GroupLine({ group }: { group: CheckGroup }) {
  return (
    <li>
      <details>
        <summary>
          {ICONS[group.state]}
          <span>{group.title}</span>
          {group.state === 'open' && <small>not yet</small>}
        </summary>
        <ul>
          {group.checks.map((check) => (
            <li key={check.name}>
              <strong>{check.name}</strong>: {check.detail}
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
