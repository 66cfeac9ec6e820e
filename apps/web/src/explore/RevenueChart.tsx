import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useExplorer } from '../api/explorer.ts';
import { useNetwork } from '../api/network.ts';
import { shortDollars } from '../money/format.ts';
import { Failed, Loading } from '../ui/States.tsx';
import styles from './Explore.module.css';
import { toBars } from './revenue-bars.ts';

type Bucket = 'minute' | 'hour' | 'day' | 'week';

/** What came in over time, in dollars. The figures are read out as a table to whoever cannot see the picture. */
export default function RevenueChart({ account }: { account: string }) {
  const [bucket, setBucket] = useState<Bucket>('minute');
  const network = useNetwork();
  const found = useExplorer('revenue', { account }, { bucket });
  const bars = toBars(found.data, network.data?.contracts.dollar, Math.floor(Date.now() / 1000));
  return (
    <>
      <SegmentedControl
        size="xs"
        mb="sm"
        aria-label="A bar is"
        value={bucket}
        onChange={(value) => setBucket(value as Bucket)}
        data={[
          { value: 'minute', label: 'Minutes' },
          { value: 'hour', label: 'Hours' },
          { value: 'day', label: 'Days' },
          { value: 'week', label: 'Weeks' },
        ]}
      />
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Loading lines={1} height={220} />}
      {found.data && bars.every((b) => b.amount === 0n) && (
        <p className={styles.quiet}>Nothing came in yet in the time that is shown here.</p>
      )}
      {bars.some((b) => b.amount > 0n) && (
        <>
          <div aria-hidden>
            <BarChart
              h={220}
              data={bars.map((b) => ({ label: b.label, dollars: Number(b.amount) }))}
              dataKey="label"
              series={[{ name: 'dollars', label: 'Earned', color: 'var(--mantine-color-anchor)' }]}
              valueFormatter={(value) => shortDollars(BigInt(Math.round(value)))}
              tickLine="none"
              barChartProps={{ accessibilityLayer: false }}
              gridAxis="x"
              maxBarWidth={28}
              yAxisProps={{ width: 84 }}
              barProps={{ radius: [3, 3, 0, 0], isAnimationActive: false }}
            />
          </div>
          <details className={styles.quiet}>
            <summary>The same in figures</summary>
            <ul>
              {bars
                .filter((b) => b.amount > 0n)
                .map((b) => (
                  <li key={b.start}>
                    {b.label}: {shortDollars(b.amount)}
                  </li>
                ))}
            </ul>
          </details>
        </>
      )}
    </>
  );
}
