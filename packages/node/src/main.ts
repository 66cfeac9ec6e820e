import { TributaryError } from '@tributary/protocol';
import { pino } from 'pino';
import { loadNodeConfig } from './config.ts';
import { createNode } from './node.ts';

/** How long a clean end may take before the process leaves without it. */
const SHUTDOWN_GRACE_MS = 10_000;

// stdout carries the ready line alone, for the program that started us.
const log = pino({ name: 'node', level: process.env.LOG_LEVEL ?? 'info' }, pino.destination({ dest: 2, sync: true }));

function fail(error: unknown): never {
  if (TributaryError.is(error)) {
    process.stderr.write(`${error.message}${error.hint ? ` ${error.hint}` : ''}\n`);
  } else {
    log.fatal({ err: error }, 'the node could not start');
  }
  process.exit(1);
}

const config = await loadNodeConfig(process.argv.slice(2), process.env).catch(fail);
const node = await createNode(config, { log, env: process.env }).catch(fail);

let ending = false;
function end(signal: NodeJS.Signals): void {
  // Asked twice: whoever waits for us has lost patience.
  if (ending) process.exit(1);
  ending = true;
  log.info({ signal }, 'ending');
  setTimeout(() => process.exit(1), SHUTDOWN_GRACE_MS).unref();
  node.close().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'the node did not end cleanly');
      process.exit(1);
    },
  );
}
process.on('SIGINT', end);
process.on('SIGTERM', end);
process.on('SIGHUP', () => {
  node.reload().then(
    (changed) => log.info({ changed }, 'reloaded'),
    (error: unknown) => log.error({ err: error }, 'reload failed'),
  );
});

process.stdout.write(`${JSON.stringify({ ready: true, url: node.url, agentId: String(config.agentId) })}\n`);
