import { useInterval } from '@mantine/hooks';
import { useState } from 'react';
import { ago, moment } from './time.ts';

const TICK_MS = 10_000;
const seconds = () => Math.floor(Date.now() / 1000);

/** A moment on the chain or elsewhere, told as how long ago it was. */
export function Ago({ time }: { time: number }) {
  const [now, setNow] = useState(seconds);
  useInterval(() => setNow(seconds()), TICK_MS, { autoInvoke: true });
  return (
    <time dateTime={new Date(time * 1000).toISOString()} title={moment(time)}>
      {ago(time, now)}
    </time>
  );
}
