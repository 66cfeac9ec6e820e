import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Address, Amount, Contracts, Hex32, TributaryError } from '@tributary/protocol';
import { z } from 'zod';

const DAY_SECONDS = 86_400;

/** A folder of documents behind a service, and who gave which of them. */
const DocumentsConfig = z.strictObject({
  folder: z.string().min(1),
  /** The dataset asset that the model names as upstream. */
  asset: Address,
  /** Name of the dataset, for people. */
  name: z.string().min(1).max(256),
  /** First matching path prefix wins; `""` matches everything. */
  contributors: z
    .array(z.strictObject({ prefix: z.string().max(1024), account: Address }))
    .min(1)
    .max(4096),
});
export type DocumentsConfig = z.infer<typeof DocumentsConfig>;

/** One service that the node offers. Amounts are base units of the dollar, as decimal strings. */
const ServiceConfig = z.strictObject({
  account: Address,
  expert: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  model: z.strictObject({
    id: z.string().min(1).max(256),
    name: z.string().max(256),
    description: z.string().max(4096),
    asset: Address,
  }),
  /** The expert's own options; the expert checks them. */
  options: z.record(z.string(), z.unknown()).default({}),
  price: z.strictObject({ perRequest: Amount, perMillionPrompt: Amount, perMillionCompletion: Amount }),
  documents: DocumentsConfig.optional(),
});
export type ServiceConfig = z.infer<typeof ServiceConfig>;

/** The hot key: it signs cards and receipts and pays for claims. In the clear only on a devnet. */
const KeyConfig = z.union([
  z.strictObject({ privateKey: Hex32 }),
  /** A keystore v3 file; its password is read from the environment variable named by `passwordEnv`. */
  z.strictObject({ keystore: z.string().min(1), passwordEnv: z.string().min(1).default('TRIBUTARY_KEY_PASSWORD') }),
]);

/** Everything a node has to be told: `node.json` in its folder. */
export const NodeConfig = z.strictObject({
  /** Where the journal, the lock, the session secret and the published leaves live. */
  home: z.string().min(1),
  rpc: z.url(),
  chainId: z.number().int().positive(),
  contracts: Contracts,
  /** The provider's ERC-8004 identity. */
  agentId: Amount,
  /** The provider's name for people and for `provider.only`. */
  provider: z.string().min(1).max(128),
  key: KeyConfig,
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.number().int().min(0).max(65_535).default(0),
  /** Base URL by which others reach this node; by default the address it listens on. */
  endpoint: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .transform((u) => u.replace(/\/+$/, ''))
    .optional(),
  services: z.array(ServiceConfig).min(1).max(64),
  /** Most that answers under way or just given may add up to on one channel before its next voucher; base units. */
  uncoveredLimit: Amount.default(1_000_000n),
  /**
   * Most that all channels together may be given beyond their own credit, which is a tenth of what each has paid; base units.
   * What of it is never paid grows back in a day. So strangers get at most this, and as much again each day, for nothing.
   */
  unpaidLimit: Amount.default(5_000_000n),
  claim: z
    .strictObject({
      /** Time between claims. */
      intervalSeconds: z
        .number()
        .int()
        .min(1)
        .max(30 * DAY_SECONDS)
        .default(3600),
      /** A claim waits until a channel has at least this much to claim; base units. */
      minimum: Amount.default(10_000n),
      /** A gateway that leaves owing less than this is let go: the claim would cost more; base units. */
      dust: Amount.default(1_000n),
    })
    .prefault({}),
  /** How often channels are looked at for an armed withdrawal; well below their withdraw delay. */
  watchSeconds: z.number().int().min(1).max(900).default(30),
  /**
   * The operator claims and reloads with it (`Authorization: Bearer`). Without it only programs on this machine may, and
   * nobody when `endpoint` is not of this machine.
   */
  operatorToken: z.string().min(16).max(256).optional(),
  /** Base URL of a gateway that offers this node's services: what the guide tells people about. */
  gateway: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .transform((u) => u.replace(/\/+$/, ''))
    .optional(),
  /** Also tell of model servers found on this machine. */
  discover: z.boolean().default(false),
});
export type NodeConfig = z.infer<typeof NodeConfig>;
export type NodeConfigJson = z.input<typeof NodeConfig>;

function problemOf(where: string, error: z.ZodError): TributaryError {
  const lines = error.issues.slice(0, 8).map((i) => `${i.path.join('.') || '(whole)'}: ${i.message}`);
  return new TributaryError('bad_config', `${where} is not a node configuration. ${lines.join('; ')}.`, {
    param: error.issues[0]?.path.join('.') ?? null,
    hint: 'The fields and their ranges are in packages/node/src/config.ts.',
  });
}

/** Checks a configuration. Throws `bad_config`, which names the fields at fault. */
export function parseNodeConfig(value: unknown, where = 'The value'): NodeConfig {
  const parsed = NodeConfig.safeParse(value);
  if (!parsed.success) throw problemOf(where, parsed.error);
  return parsed.data;
}

const FLAGS = {
  home: { type: 'string' },
  config: { type: 'string' },
  rpc: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  endpoint: { type: 'string' },
  discover: { type: 'boolean' },
} as const;

/**
 * The configuration of a process: `node.json` in the home folder, then environment, then flags; the later one wins.
 * Environment: `TRIBUTARY_NODE_HOME`, `TRIBUTARY_RPC`, `HOST`, `PORT`, `TRIBUTARY_ENDPOINT`, `TRIBUTARY_OPERATOR_TOKEN`.
 */
export async function loadNodeConfig(args: string[], env: NodeJS.ProcessEnv): Promise<NodeConfig> {
  let flags: ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>['values'];
  try {
    flags = parseArgs({ args, options: FLAGS }).values;
  } catch (cause) {
    throw new TributaryError('bad_flag', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const home = resolve(flags.home ?? env.TRIBUTARY_NODE_HOME ?? '.');
  const file = flags.config ?? join(home, 'node.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new TributaryError('no_config', `Cannot read ${file}.`, {
      cause,
      hint: 'Give --home FOLDER with a node.json, or make one with `tributary provide`.',
    });
  }
  let fromFile: unknown;
  try {
    fromFile = JSON.parse(text);
  } catch (cause) {
    throw new TributaryError('bad_config', `${file} is not JSON: ${String(cause)}`, { cause });
  }
  if (typeof fromFile !== 'object' || fromFile === null || Array.isArray(fromFile)) {
    throw new TributaryError('bad_config', `${file} must hold a JSON object.`);
  }
  const port = flags.port ?? env.PORT;
  const given = {
    rpc: flags.rpc ?? env.TRIBUTARY_RPC,
    host: flags.host ?? env.HOST,
    port: port === undefined ? undefined : Number(port),
    endpoint: flags.endpoint ?? env.TRIBUTARY_ENDPOINT,
    operatorToken: env.TRIBUTARY_OPERATOR_TOKEN,
    discover: flags.discover,
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
  return parseNodeConfig({ home, ...fromFile, ...set }, file);
}
