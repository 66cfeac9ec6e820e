import { assets, type Holder, type Upstream } from '@tributary/chain';
import { ensureAsset } from '@tributary/node';
import { Address, ASSET_KINDS, type AssetKind, parseUnits, TributaryError } from '@tributary/protocol';
import type { Command } from 'commander';
import { command, type Outcome, runs, withChain } from '../command.ts';
import { type ChainOptions, chainFacts, homeOf } from '../home.ts';
import type { Io } from '../io.ts';
import { percent } from '../output.ts';
import { openWallet } from '../wallet.ts';

interface Options extends ChainOptions {
  name: string;
  description: string;
  uri?: string;
  upstream: string[];
  holder: string[];
  dues?: string;
}

const repeated = (value: string, all: string[]) => [...all, value];

/** `tributary publish`: puts a dataset, model, device or other asset on chain; its account can then be paid. */
export function publish(io: Io, done: (o: Outcome) => void): Command {
  const c = withChain(
    command('publish', 'register something that earns; prints the account that can be paid from now on'),
  )
    .argument('<kind>', `one of ${ASSET_KINDS.filter((k) => k !== 'service').join(', ')}`)
    .requiredOption('--name <text>', 'what people call it')
    .option('--description <text>', 'what it is, in a sentence', '')
    .option('--uri <uri>', 'where its description is; default: name and description on chain')
    .option('--upstream <account=share>', 'made from this asset, which gets this share: 0x…=30% (repeat)', repeated, [])
    .option(
      '--holder <address=shares>',
      'first holder and number of shares: 0x…=50 (repeat); default: you own it all',
      repeated,
      [],
    )
    .option('--dues <share>', 'least share that anything built on it must pay it, such as 2%');
  return runs<Options>(c, io, done, async ({ out }, options, [kindText]) => {
    const kind = parseKind(kindText ?? '');
    const upstream = options.upstream.map(parseUpstream);
    const holders = options.holder.map(parseHolder);
    const { name, description, uri } = options;
    const duesPpm = options.dues === undefined ? 0 : parseShare(options.dues, '--dues');
    const chain = await chainFacts(io, options);
    const { account, created, owner } = await out.during('registering', async () => {
      const writer = await openWallet(io, homeOf(io, options), chain);
      const owner = writer.account.address.toLowerCase() as Address;
      if (uri === undefined) {
        return { owner, ...(await ensureAsset(writer, { kind, name, description, upstream, holders, duesPpm })) };
      }
      const facts = { kind, uri, upstream, holders, duesPpm };
      const account = await assets.predict(writer, owner, facts);
      if (await assets.isAsset(writer, account)) return { owner, account, created: false };
      await assets.register(writer, facts);
      return { owner, account, created: true };
    });
    out.line(`${created ? 'registered' : 'registered already'}: ${kind} ${out.bold(name)}`);
    out.line(`account  ${account}   (pay it by sending dollars to this address)`);
    out.line(`owner    ${owner}`);
    for (const u of upstream) out.line(`passes   ${percent(u.weightPpm)} on to ${u.account}`);
    out.result({ account, created, kind, name, owner, upstream, holders, duesPpm });
    return undefined;
  });
}

function invalid(what: string, text: string, expected: string): TributaryError {
  return new TributaryError('invalid_value', `${what} is ${JSON.stringify(text)}, expected ${expected}.`, {
    param: what,
  });
}

function parseKind(text: string): AssetKind {
  const kind = ASSET_KINDS.find((k) => k === text);
  if (kind && kind !== 'service') return kind;
  const hint = kind === 'service' ? 'Services come with a node: use `tributary provide`.' : undefined;
  throw new TributaryError('unknown_asset_kind', `There is no kind ${JSON.stringify(text)} to publish.`, {
    param: 'kind',
    hint: hint ?? `Choose one of ${ASSET_KINDS.filter((k) => k !== 'service').join(', ')}.`,
  });
}

/** ppm of a share: `30%`, `2.5 %` or `0.3`. */
export function parseShare(text: string, what: string): number {
  const m = /^(\d{1,3}(?:\.\d{1,4})?)\s*%$/.exec(text);
  const fraction = /^(?:0(?:\.\d{1,6})?|1(?:\.0{1,6})?)$/.test(text);
  let ppm = -1n;
  if (m?.[1]) ppm = parseUnits(m[1], 4);
  else if (fraction) ppm = parseUnits(text, 6);
  if (ppm < 0n || ppm > 1_000_000n) throw invalid(what, text, 'a share such as 30% or 0.3');
  return Number(ppm);
}

function splitPair(text: string, what: string): [Address, string] {
  const [left = '', ...right] = text.split('=');
  const address = Address.safeParse(left);
  if (!address.success || right.length !== 1 || !right[0]) throw invalid(what, text, 'an address, = and a number');
  return [address.data, right[0]];
}

/** `0x…=30%` */
export function parseUpstream(text: string): Upstream {
  const [account, share] = splitPair(text, '--upstream');
  return { account, weightPpm: parseShare(share, '--upstream') };
}

/** `0x…=50`: whole shares, at most 18 places after the point. */
export function parseHolder(text: string): Holder {
  const [holder, shares] = splitPair(text, '--holder');
  try {
    return { holder, shares: parseUnits(shares, 18) };
  } catch {
    throw invalid('--holder', text, 'an address, = and a number of shares');
  }
}
