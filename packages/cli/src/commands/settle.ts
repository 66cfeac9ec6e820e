import { assets, type Reader } from '@tributary/chain';
import { type Address, type Hex, type NetworkFile, TributaryError } from '@tributary/protocol';
import { isLocalUrl } from '@tributary/work';
import type { Command } from 'commander';
import { z } from 'zod';
import { command, type Outcome, runs } from '../command.ts';
import { type CommonOptions, homeOf, readNetwork } from '../home.ts';
import type { Io } from '../io.ts';
import { openWallet } from '../wallet.ts';

interface Options extends CommonOptions {
  token?: string;
  node?: string[];
}

/** Accounts passed on in one transaction: a long path must fit into a block. */
const ACCOUNTS_A_TRANSACTION = 40;
const CLAIM_TIMEOUT_MS = 120_000;

/** `tributary settle`: claims what was promised, now, and passes it on to everyone behind the answers. */
export function settle(io: Io, done: (o: Outcome) => void): Command {
  const c = command('settle', 'claim what was promised now, and pass it on along every path')
    .option('--token <secret>', 'operator token of gateway and nodes (TRIBUTARY_OPERATOR_TOKEN), when run elsewhere')
    .option(
      '--node <url...>',
      'your nodes on other machines: besides the gateway and this machine only they get the token',
    );
  return runs<Options>(c, io, done, async ({ out }, options) => {
    const home = homeOf(io, options);
    const network = await readNetwork(home);
    for (const url of options.node ?? []) {
      if (URL.canParse(url)) continue;
      throw new TributaryError('invalid_value', `--node is ${JSON.stringify(url)}, which is no URL.`, {
        param: 'node',
        hint: 'Give the address of your node, such as https://node.example.',
      });
    }
    const token = options.token ?? (io.env.TRIBUTARY_OPERATOR_TOKEN || undefined);
    const found = await out.during('claiming', async (tell) => {
      const gateway = await post(`${network.gateway}/tributary/settle`, token);
      const writer = await openWallet(io, home, network);
      const services = await assets.list(writer, { kind: 'service' });
      const nodes: { endpoint: string; answer: unknown }[] = [];
      const refused: { endpoint: string; error: string }[] = [];
      for (const endpoint of await endpoints(network)) {
        tell(`claiming at ${endpoint}`);
        try {
          const given = tokenFor(endpoint, token, options.node ?? []);
          nodes.push({ endpoint, answer: await post(`${endpoint}/tributary/claim`, given) });
        } catch (error) {
          // Another operator's node: it claims by itself.
          refused.push({ endpoint, error: error instanceof Error ? error.message : String(error) });
        }
      }
      tell('passing the money on');
      const path = await paths(
        writer,
        services.map((s) => s.account),
      );
      const flushes: Hex[] = [];
      for (let i = 0; i < path.length; i += ACCOUNTS_A_TRANSACTION) {
        const { hash } = await assets.flushMany(writer, path.slice(i, i + ACCOUNTS_A_TRANSACTION));
        flushes.push(hash);
      }
      return { gateway, nodes, refused, accounts: path, flushes };
    });
    out.line(`gateway ${network.gateway} claimed what payers promised it`);
    for (const n of found.nodes) out.line(`node    ${n.endpoint} claimed what the gateway promised its services`);
    for (const r of found.refused) out.line(out.yellow(`node    ${r.endpoint} did not claim: ${r.error}`));
    for (const hash of found.flushes) out.line(`passed on ${hash}`);
    out.line(`${found.accounts.length} accounts; what is whose: tributary earnings, tributary trace`);
    out.result(found);
    return { ok: found.nodes.length > 0 || found.refused.length === 0 };
  });
}

/** The token, for nodes of this machine and those that the operator named: anybody's node is among the services. */
export function tokenFor(endpoint: string, token: string | undefined, own: readonly string[]): string | undefined {
  const { origin } = new URL(endpoint);
  return isLocalUrl(endpoint) || own.some((url) => new URL(url).origin === origin) ? token : undefined;
}

async function post(url: string, token: string | undefined): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: token ? { authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(CLAIM_TIMEOUT_MS),
    });
  } catch (cause) {
    throw new TributaryError('unreachable', `${new URL(url).origin} does not answer.`, {
      status: 502,
      cause,
      hint: 'Is the network running? See `tributary doctor`.',
    });
  }
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  const problem = z.looseObject({ detail: z.string(), hint: z.string().optional() }).safeParse(body);
  throw new TributaryError('claim_refused', problem.data?.detail ?? `${url} answered ${response.status}.`, {
    status: response.status,
    ...(problem.data?.hint ? { hint: problem.data.hint } : {}),
  });
}

const Services = z.array(
  z.looseObject({ endpoint: z.url().optional(), card: z.looseObject({ endpoint: z.url() }).optional() }),
);

/** Base URLs of the nodes that the gateway knows. */
async function endpoints(network: NetworkFile): Promise<string[]> {
  const response = await fetch(`${network.gateway}/tributary/services?limit=1000`);
  const body: unknown = await response.json();
  const list = Services.parse(Array.isArray(body) ? body : (body as { services?: unknown }).services);
  return [...new Set(list.flatMap((s) => s.endpoint ?? s.card?.endpoint ?? []))];
}

/** Every account behind the given ones, each after all that pay it: one pass carries the money to the ends. */
async function paths(reader: Reader, from: readonly Address[]): Promise<Address[]> {
  const upstream = new Map<Address, Address[]>();
  const visit = async (account: Address): Promise<void> => {
    if (upstream.has(account)) return;
    upstream.set(account, []);
    const next = (await assets.upstream(reader, account)).map((u) => u.account);
    upstream.set(account, next);
    for (const n of next) await visit(n);
  };
  for (const account of from) await visit(account);
  const order: Address[] = [];
  const seen = new Set<Address>();
  const append = (account: Address): void => {
    if (seen.has(account)) return;
    seen.add(account);
    for (const next of upstream.get(account) ?? []) append(next);
    order.unshift(account);
  };
  for (const account of from) append(account);
  // What has nothing upstream passes nothing on.
  return order.filter((account) => (upstream.get(account)?.length ?? 0) > 0);
}
