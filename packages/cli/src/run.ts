import { Command, CommanderError } from 'commander';
import type { Outcome } from './command.ts';
import { ask } from './commands/ask.ts';
import { doctor } from './commands/doctor.ts';
import { earnings } from './commands/earnings.ts';
import { provide } from './commands/provide.ts';
import { publish } from './commands/publish.ts';
import { settle } from './commands/settle.ts';
import { trace } from './commands/trace.ts';
import { up } from './commands/up.ts';
import { verify } from './commands/verify.ts';
import type { Io } from './io.ts';
import { reportFailure } from './output.ts';

const COMMANDS = [up, ask, provide, publish, earnings, settle, trace, verify, doctor];

/** Runs one command line. Returns the exit code: 0 only when the command did what it was asked for. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let outcome: Outcome;
  const program = new Command('tributary')
    .description('An open network that answers questions and pays everyone behind each answer.')
    .version('0.1.0')
    .showHelpAfterError('Add --help to see what is possible.');
  for (const make of COMMANDS) {
    program.addCommand(
      make(io, (o) => {
        outcome = o;
      }),
    );
  }
  for (const c of [program, ...program.commands]) {
    c.exitOverride().configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return outcome && !outcome.ok ? 1 : 0;
  } catch (error) {
    // Commander has printed it already.
    if (error instanceof CommanderError) return error.exitCode;
    return reportFailure(io, argv.includes('--json'), error);
  }
}
