import { Tooltip } from '@mantine/core';
import { exactDollars, shortDollars } from './format.ts';

/** An amount of dollars in base units; the exact amount shows on hover and to screen readers. */
export function Dollars({ amount, className }: { amount: bigint; className?: string }) {
  const short = shortDollars(amount);
  const exact = exactDollars(amount);
  const text = <span className={`num ${className ?? ''}`}>{short}</span>;
  if (short === exact) return text;
  return <Tooltip label={exact}>{text}</Tooltip>;
}
