import { Text } from '@mantine/core';
import { useExplorer } from '../api/explorer.ts';
import { MoneyPicture } from '../flow/MoneyPicture.tsx';
import { Failed, Loading } from '../ui/States.tsx';
import { receiptOf, type Turn } from './turn.ts';

/** Where one answer's money goes; follows it while it is on its way. */
export function MoneyPanel({ turn }: { turn: Turn }) {
  const receipt = receiptOf(turn);
  const id = receipt?.payment.receiptHash ?? '';
  const isFree = receipt !== null && receipt.payment.payerTo === receipt.payment.payerFrom;
  const path = useExplorer('moneyPath', { id }, {}, { enabled: receipt !== null && !isFree, everyMs: 5_000 });
  if (isFree) {
    return (
      <Text size="sm" c="dimmed">
        This answer was free: nothing was charged, so nobody is paid.
      </Text>
    );
  }
  if (path.data) return <MoneyPicture path={path.data} />;
  if (path.isError) return <Failed error={path.error} onRetry={() => void path.refetch()} />;
  return <Loading lines={1} height={220} />;
}
