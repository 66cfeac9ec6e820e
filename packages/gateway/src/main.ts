import { TributaryError } from '@tributary/protocol';
import { pino } from 'pino';
import { loadGatewayConfig } from './config.ts';
import { createGateway } from './gateway.ts';
import { startTelemetry } from './telemetry.ts';

/** How long a clean end may take before the process leaves without it. */
const SHUTDOWN_GRACE_MS = 10_000;

// stdout carries the ready line alone, for the program that started us.
const log = pino(
  {
    name: 'gateway',
    level: process.env.LOG_LEVEL ?? 'info',
    redact: ['key', 'privateKey', 'authorization', '*.authorization'],
  },
  pino.destination({ dest: 2, sync: true }),
);

function fail(error: unknown): never {
  if (TributaryError.is(error)) {
    process.stderr.write(`${error.message}${error.hint ? ` ${error.hint}` : ''}\n`);
  } else {
    log.fatal({ err: error }, 'the gateway could not start');
  }
  process.exit(1);
}

function onFatal(error: unknown): void {
  log.fatal({ err: error }, 'the journal cannot be written');
  process.exit(1);
}

const config = await loadGatewayConfig(process.argv.slice(2), process.env).catch(fail);
log.level = config.logLevel;
const stopTelemetry = await startTelemetry(process.env, log);
const gateway = await createGateway(config, { log, env: process.env, onFatal }).catch(fail);

let ending = false;
function end(signal: NodeJS.Signals): void {
  // Asked twice: whoever waits for us has lost patience.
  if (ending) process.exit(1);
  ending = true;
  log.info({ signal }, 'ending');
  setTimeout(() => process.exit(1), SHUTDOWN_GRACE_MS).unref();
  gateway
    .close()
    .then(stopTelemetry)
    .then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the gateway did not end cleanly');
        process.exit(1);
      },
    );
}
process.on('SIGINT', end);
process.on('SIGTERM', end);

process.stdout.write(`${JSON.stringify({ ready: true, url: gateway.url })}\n`);
