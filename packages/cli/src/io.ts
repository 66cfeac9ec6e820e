import type { Readable, Writable } from 'node:stream';

/** A stream to write to that may be a terminal. */
type Out = Writable & { isTTY?: boolean };

/** Everything a command may touch of the process it runs in; tests bring their own. */
export interface Io {
  env: NodeJS.ProcessEnv;
  cwd: string;
  stdin: Readable & { isTTY?: boolean };
  stdout: Out;
  stderr: Out;
  /** Aborted when the user asks the program to end. */
  signal: AbortSignal;
}
