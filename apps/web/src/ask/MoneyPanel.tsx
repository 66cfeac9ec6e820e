import { Text } from '@mantine/core';
import { useExplorer } from '../api/explorer.ts';
import { MoneyPicture } from '../flow/MoneyPicture.tsx';
import { PageError } from '../ui/page-error.ts';
import { Failed, Loading } from '../ui/States.tsx';
import { receiptOf, type Turn } from './turn.ts';

/** A fresh receipt takes a moment to reach the tables that this is read from. */
const FRESH_MS = 60_000;
const SOON_MS = 600;
const EVERY_MS = 5_000;

/** Where one answer's money goes; follows it while it is on its way. */
export function MoneyPanel({ turn }: { turn: Turn }) {
  const receipt = receiptOf(turn);
  const id = receipt?.payment.receiptHash ?? '';
  const isFree = receipt !== null && receipt.payment.payerTo === receipt.payment.payerFrom;
  const isFresh = Date.now() - turn.askedAt < FRESH_MS;
  const path = useExplorer(
    'moneyPath',
    { id },
    {},
    {
      enabled: receipt !== null && !isFree,
      everyMs: (data) => (data || !isFresh ? EVERY_MS : SOON_MS),
    },
  );
  if (isFree) {
    return (
      <Text size="sm" c="dimmed">
        This answer was free: nothing was charged, so nobody is paid.
      </Text>
    );
  }
  if (path.data) return <MoneyPicture path={path.data} isOwn />;
  const isUnknownYet = isFresh && path.error instanceof PageError && path.error.status === 404;
  if (path.isError && !isUnknownYet) return <Failed error={path.error} onRetry={() => void path.refetch()} />;
  return <Loading lines={1} height={260} />;
}
