const STEPS: readonly [number, Intl.RelativeTimeFormatUnit][] = [
  [60, 'second'],
  [3_600, 'minute'],
  [86_400, 'hour'],
  [604_800, 'day'],
  [2_629_800, 'week'],
  [31_557_600, 'month'],
  [Number.POSITIVE_INFINITY, 'year'],
];

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' });

/** How long ago a moment was, in words; both in Unix seconds. Moments of clocks that run ahead are `now`. */
export function ago(time: number, now: number): string {
  const seconds = Math.max(0, now - time);
  if (seconds < 5) return 'now';
  let unit = 1;
  for (const [below, name] of STEPS) {
    if (seconds < below) return words.format(-Math.floor(seconds / unit), name);
    unit = below;
  }
  return '';
}

/** The moment itself, for people. */
export function moment(time: number): string {
  return new Date(time * 1000).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium' });
}
