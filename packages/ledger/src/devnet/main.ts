import { parseArgs } from 'node:util';
import { TributaryError } from '@tributary/protocol';
import { pino } from 'pino';
import { startDevnet } from './devnet.ts';

/**
 * The devnet as a process of its own: `--home DIR --port N --chain-id N --admin`, or TRIBUTARY_DEVNET_HOME and
 * TRIBUTARY_DEVNET_PORT. One JSON line on standard output when it answers; logs go to standard error.
 */
const { values } = parseArgs({
  options: {
    home: { type: 'string', default: process.env.TRIBUTARY_DEVNET_HOME ?? '.tributary/chain' },
    port: { type: 'string', default: process.env.TRIBUTARY_DEVNET_PORT ?? '0' },
    'chain-id': { type: 'string', default: '31337' },
    admin: { type: 'boolean', default: false },
  },
});
const log = pino({ level: process.env.LOG_LEVEL ?? 'info' }, pino.destination({ dest: 2, sync: true }));

try {
  const devnet = await startDevnet({
    home: values.home,
    port: Number(values.port),
    chainId: Number(values['chain-id']),
    admin: values.admin,
    log,
  });
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    devnet.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the devnet did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  console.log(JSON.stringify({ msg: 'devnet ready', url: devnet.url, chainId: devnet.chainId, pid: process.pid }));
} catch (error) {
  console.error(TributaryError.is(error) ? `${error.message} ${error.hint ?? ''}`.trim() : error);
  process.exit(1);
}
