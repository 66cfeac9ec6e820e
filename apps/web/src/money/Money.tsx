import { Tooltip } from '@mantine/core';
import { exactDollars, microDollars, shortDollars } from './format.ts';

/** An amount of dollars in base units; the exact amount shows on hover and to screen readers. */
export function Dollars({ amount, className }: { amount: bigint; className?: string }) {
  const short = shortDollars(amount);
  const exact = exactDollars(amount);
  const text = <span className={`num ${className ?? ''}`}>{short}</span>;
  if (short === exact) return text;
  return <Tooltip label={exact}>{text}</Tooltip>;
}

/** A part of an answer's money, in millionths of a base unit. */
export function MicroDollars({ amount }: { amount: bigint }) {
  return <span className="num">{microDollars(amount)}</span>;
}
