import type { MessagePort } from 'node:worker_threads';
import { type Logger, pino } from 'pino';

/** A line that a thread wants logged by the one that started it. */
export interface ThreadLine {
  level: 'debug' | 'warn' | 'error';
  line: Record<string, unknown>;
}

const LEVELS: Record<number, ThreadLine['level']> = { 20: 'debug', 40: 'warn', 50: 'error' };

/** A logger whose lines go to the thread that started this one: only that one knows where logs go. */
export function threadLog(port: MessagePort): Logger {
  return pino(
    { base: null, timestamp: false, level: 'debug' },
    {
      write(text: string) {
        const { level, ...line } = JSON.parse(text) as { level: number } & Record<string, unknown>;
        const message: { log: ThreadLine } = { log: { level: LEVELS[level] ?? 'warn', line } };
        port.postMessage(message);
      },
    },
  );
}
