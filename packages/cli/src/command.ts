import { Command } from 'commander';
import type { CommonOptions } from './home.ts';
import type { Io } from './io.ts';
import { createOutput, type Output } from './output.ts';

/** A command with the options that all have. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--home <folder>', 'folder of the network and its keys (TRIBUTARY_HOME, default .tributary)')
    .option('--json', 'print one JSON value on stdout; amounts are base units as strings');
}

/** Options of commands that talk to the chain. */
export function withChain(c: Command): Command {
  return c
    .option('--rpc <url>', 'JSON-RPC endpoint of the chain; default: the running network’s')
    .option('--contracts <file>', 'network.json or a file of contract addresses; default: the running network’s');
}

/** What a command returns when it did not throw: whether it found what it was asked for. */
export type Outcome = undefined | { ok: boolean };

/** A command's work. */
export type Action<O extends CommonOptions> = (
  context: { io: Io; out: Output },
  options: O,
  args: string[],
) => Promise<Outcome>;

/** Connects a command to its work. Options are checked by commander, values by the work itself. */
export function runs<O extends CommonOptions>(
  c: Command,
  io: Io,
  done: (o: Outcome) => void,
  action: Action<O>,
): Command {
  return c.action(async (...given: unknown[]) => {
    const options = c.opts<O>();
    const args = given.slice(0, -2).flat() as string[];
    done(await action({ io, out: createOutput(io, options.json === true) }, options, args));
  });
}
