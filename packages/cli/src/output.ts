import { formatUnits, TributaryError, toWire } from '@tributary/protocol';
import ora from 'ora';
import * as colors from 'yoctocolors';
import type { Io } from './io.ts';

type Paint = (text: string) => string;
const plain: Paint = (text) => text;

/** How a command speaks: results on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean;
  /** Where colours and moving progress make sense. */
  readonly isTerminal: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly green: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  /** A line for people; nothing in JSON mode. */
  line(text?: string): void;
  /** Text without a line break, as it comes. */
  write(text: string): void;
  /** The command's result: one JSON value in JSON mode, else nothing. Amounts become decimal strings. */
  result(value: unknown): void;
  /** Shows that something longer is under way, on a terminal. Returns what the step returns. */
  during<T>(label: string, step: (tell: (label: string) => void) => Promise<T>): Promise<T>;
}

export function createOutput(io: Io, json: boolean): Output {
  const paint = (color: Paint): Paint => (io.stdout.isTTY && !json && !io.env.NO_COLOR ? color : plain);
  return {
    json,
    isTerminal: !json && io.stdout.isTTY === true,
    bold: paint(colors.bold),
    dim: paint(colors.dim),
    green: paint(colors.green),
    red: paint(colors.red),
    yellow: paint(colors.yellow),
    line(text = '') {
      if (!json) io.stdout.write(`${text}\n`);
    },
    write(text) {
      if (!json) io.stdout.write(text);
    },
    result(value) {
      if (json) io.stdout.write(`${toWire(value)}\n`);
    },
    async during(label, step) {
      if (json || !io.stderr.isTTY) return step(() => undefined);
      const spinner = ora({ text: label, stream: io.stderr, discardStdin: false }).start();
      try {
        return await step((text) => {
          spinner.text = text;
        });
      } finally {
        spinner.stop();
      }
    },
  };
}

/** Prints a failure on stderr with what to do next; as JSON in JSON mode. Returns the exit code. */
export function reportFailure(io: Io, json: boolean, error: unknown): 1 {
  const known = TributaryError.is(error) ? error : null;
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  if (json) {
    const { code, hint, param } = known ?? { code: 'internal_error', hint: undefined, param: null };
    io.stderr.write(`${JSON.stringify({ error: { code, message, param, hint } })}\n`);
    return 1;
  }
  io.stderr.write(`tributary: ${clean(message)}\n`);
  if (known?.hint) io.stderr.write(`  → ${clean(known.hint)}\n`);
  if (!known) io.stderr.write('  → This is a fault of the program; `tributary doctor` may show more.\n');
  return 1;
}

/** `"0.00012 dollars"` of base units. */
export function dollars(amount: bigint): string {
  return `${formatUnits(amount)} dollars`;
}

/** The same of millionths of a base unit, for shares of one answer. */
export function microDollars(microAmount: bigint): string {
  return `${formatUnits(microAmount, 12)} dollars`;
}

/** Parts per million as per cent: `"30 %"`. */
export function percent(ppm: number): string {
  return `${formatUnits(BigInt(ppm), 4)} %`;
}

/** Strangers' text for a terminal: without control characters, which could repaint what we say about money. */
export function clean(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t\u200d]/gu, '');
}
