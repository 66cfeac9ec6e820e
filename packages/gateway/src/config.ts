import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { decryptKey } from '@tributary/chain/keystore';
import { Amount, Contracts, Hex32, TributaryError } from '@tributary/protocol';
import { z } from 'zod';

/** The gateway's key. In the clear only on a devnet. */
const KeyConfig = z.union([
  z.strictObject({ privateKey: Hex32 }),
  /** A keystore v3 file; its password is read from the environment variable named by `passwordEnv`. */
  z.strictObject({ keystore: z.string().min(1), passwordEnv: z.string().min(1).default('TRIBUTARY_KEY_PASSWORD') }),
]);

/** Everything a gateway has to be told: `gateway.json` in its folder. Amounts are base units of the dollar. */
export const GatewayConfig = z.strictObject({
  /** Where the journal, the lock and the tables live. */
  home: z.string().min(1),
  rpc: z.url(),
  chainId: z.number().int().positive(),
  contracts: Contracts,
  key: KeyConfig,
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.number().int().min(0).max(65_535).default(8787),
  /** Base URL by which clients reach the gateway; by default the address it listens on. */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .transform((u) => u.replace(/\/+$/, ''))
    .optional(),
  /** What the gateway adds to a service's price, parts per million. */
  feePpm: Amount.refine((v) => v <= 1_000_000n, 'at most 1000000').default(50_000n),
  /** Lets services live at private addresses: for a network on one machine. */
  allowPrivateEndpoints: z.boolean().default(false),
  /** Put into a channel to a service at a time. */
  spokeDeposit: Amount.refine((v) => v > 0n, 'more than 0').default(5_000_000n),
  /** A service that went away for so long without an answer gives its deposit back, days. */
  reclaimDays: z.number().positive().max(3650).default(7),
  /** First block in which the contracts may have spoken. */
  fromBlock: Amount.default(0n),
  /** How often services are looked for and looked at, seconds. */
  discoverSeconds: z.number().positive().max(3600).default(10),
  /** How often channels are looked at for an armed withdrawal; well below their withdraw delay. */
  watchSeconds: z.number().positive().max(900).default(30),
  claim: z
    .strictObject({
      /** Time between claims, seconds. */
      intervalSeconds: z.number().int().min(1).max(2_592_000).default(3600),
      /** A channel is claimed once it has at least this much to claim. */
      minimum: Amount.default(10_000n),
      /** A payer who leaves owing less than this is let go: the claim would cost more. */
      dust: Amount.default(1_000n),
    })
    .prefault({}),
  /** x402 payers need no gas: the gateway pays it for their transactions, from these amounts on and so often. */
  x402: z
    .strictObject({
      /** Least price of a request that is paid by one transfer (`exact`). */
      minTransfer: Amount.default(5_000n),
      minDeposit: Amount.default(100_000n),
      minRefund: Amount.default(10_000n),
      /** Transactions an hour that bring the gateway nothing: deposits, refunds, and transfers whose answer failed. */
      perPayer: z.number().int().min(1).max(100_000).default(30),
      /** The same for all payers together. */
      perHour: z.number().int().min(1).max(1_000_000).default(1_000),
    })
    .prefault({}),
  /**
   * The operator settles with it (`Authorization: Bearer`). Without it only programs on this machine may, and nobody when
   * `publicUrl` is not of this machine.
   */
  operatorToken: z.string().min(16).max(256).optional(),
  /** A PostgreSQL server; by default the tables live in the data folder. */
  databaseUrl: z.string().min(1).optional(),
  patience: z
    .strictObject({
      firstTokenMs: z.number().int().positive().default(60_000),
      idleMs: z.number().int().positive().default(60_000),
      wholeMs: z.number().int().positive().default(300_000),
      streamMs: z.number().int().positive().default(900_000),
      stopMs: z.number().int().positive().default(2_000),
    })
    .prefault({}),
  /** How often a comment keeps a waiting stream open, milliseconds. */
  keepAliveMs: z.number().int().positive().default(10_000),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});
export type GatewayConfig = z.infer<typeof GatewayConfig>;
export type GatewayConfigJson = z.input<typeof GatewayConfig>;

/** Checks a configuration. @throws `bad_config` naming the fields at fault */
export function parseGatewayConfig(value: unknown, where = 'The value'): GatewayConfig {
  const parsed = GatewayConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.slice(0, 8).map((i) => `${i.path.join('.') || '(whole)'}: ${i.message}`);
  throw new TributaryError('bad_config', `${where} is not a gateway configuration. ${lines.join('; ')}.`, {
    param: parsed.error.issues[0]?.path.join('.') ?? null,
    hint: 'packages/gateway/README.md lists the fields and their ranges.',
  });
}

const FLAGS = {
  home: { type: 'string' },
  config: { type: 'string' },
  rpc: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'public-url': { type: 'string' },
  'fee-ppm': { type: 'string' },
  'log-level': { type: 'string' },
} as const;

function parseFlags(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS }).values;
  } catch (cause) {
    throw new TributaryError('bad_flag', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function readConfigFile(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new TributaryError('no_config', `Cannot read ${file}.`, {
      cause,
      hint: 'Give --home FOLDER with a gateway.json.',
    });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new TributaryError('bad_config', `${file} is not JSON.`, { cause });
  }
  throw new TributaryError('bad_config', `${file} must hold a JSON object.`);
}

/**
 * The configuration of a process: `gateway.json` in the home folder, then environment, then flags; the later one wins.
 * Environment: `TRIBUTARY_GATEWAY_HOME`, `TRIBUTARY_RPC`, `HOST`, `PORT`, `TRIBUTARY_PUBLIC_URL`, `TRIBUTARY_FEE_PPM`,
 * `TRIBUTARY_OPERATOR_TOKEN`, `DATABASE_URL`, `LOG_LEVEL`.
 */
export async function loadGatewayConfig(args: string[], env: NodeJS.ProcessEnv): Promise<GatewayConfig> {
  const flags = parseFlags(args);
  const home = resolve(flags.home ?? env.TRIBUTARY_GATEWAY_HOME ?? '.');
  const file = flags.config ?? join(home, 'gateway.json');
  const port = flags.port ?? env.PORT;
  const given = {
    rpc: flags.rpc ?? env.TRIBUTARY_RPC,
    host: flags.host ?? env.HOST,
    port: port === undefined ? undefined : Number(port),
    publicUrl: flags['public-url'] ?? env.TRIBUTARY_PUBLIC_URL,
    feePpm: flags['fee-ppm'] ?? env.TRIBUTARY_FEE_PPM,
    operatorToken: env.TRIBUTARY_OPERATOR_TOKEN,
    databaseUrl: env.DATABASE_URL,
    logLevel: flags['log-level'] ?? env.LOG_LEVEL,
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
  return parseGatewayConfig({ home, ...(await readConfigFile(file)), ...set }, file);
}

/** The gateway's private key. @throws `wrong_password`, `bad_keystore`, `no_password` */
export async function loadKey(key: GatewayConfig['key'], env: NodeJS.ProcessEnv): Promise<Hex32> {
  if ('privateKey' in key) return key.privateKey;
  const password = env[key.passwordEnv];
  if (password === undefined) {
    throw new TributaryError('no_password', `The environment variable ${key.passwordEnv} is not set.`, {
      hint: 'It must hold the password of the key file.',
    });
  }
  return decryptKey(JSON.parse(await readFile(key.keystore, 'utf8')), password);
}
