import { assetAccountAbi, assets, createReader, eventLogs, type Reader, type Writer } from '@tributary/chain';
import { Address, type AssetKind, type Hex, TributaryError } from '@tributary/protocol';
import type { Command } from 'commander';
import { command, type Outcome, runs, withChain } from '../command.ts';
import { type ChainOptions, chainFacts, homeOf } from '../home.ts';
import type { Io } from '../io.ts';
import { clean, dollars, percent } from '../output.ts';
import { openWallet, walletAddress } from '../wallet.ts';

interface Options extends ChainOptions {
  address?: string;
  claim?: boolean;
}

/** One asset that an address earns from. Amounts are base units of the dollar. */
interface Earning {
  account: Address;
  kind: AssetKind;
  /** As its registration describes it; null where that is not on chain. */
  name: string | null;
  role: 'owner' | 'holder';
  sharePpm: number;
  /** Everything that ever arrived at the asset's account. */
  received: bigint;
  claimable: bigint;
}

/** `tributary earnings`: what an address owns, what that earned, and what can be claimed now. */
export function earnings(io: Io, done: (o: Outcome) => void): Command {
  const c = withChain(command('earnings', 'what you own, what it earned and what you can claim'))
    .option('--address <address>', 'somebody else’s earnings; default: your wallet’s')
    .option('--claim', 'claim everything that is claimable (anyone may: it goes to whom it belongs)');
  return runs<Options>(c, io, done, async ({ out }, options) => {
    const home = homeOf(io, options);
    const chain = await chainFacts(io, options);
    const address = options.address === undefined ? await walletAddress(home) : parseAddress(options.address);
    if (!address) {
      throw new TributaryError('no_wallet', 'There is no wallet yet.', {
        hint: 'Register something first with `tributary publish` or `tributary provide`, or pass --address.',
      });
    }
    const reader = createReader(chain);
    const found = await out.during('asking the chain', () => earningsOf(reader, address));
    const claims: { account: Address; transactionHash: Hex; dollars: bigint }[] = [];
    if (options.claim) {
      await out.during('claiming', async (tell) => {
        const due = found.filter((e) => e.claimable > 0n);
        const writer = due.length > 0 ? await openWallet(io, home, chain) : null;
        for (const e of due) {
          tell(`claiming ${dollars(e.claimable)} from ${e.account}`);
          claims.push(await claimOne(writer!, e, address));
        }
      });
    }
    out.line(`${out.bold('earnings of')} ${address}`);
    if (found.length === 0) out.line('  nothing is owned yet: see `tributary publish` and `tributary provide`');
    for (const e of found) {
      out.line(`  ${e.kind} ${e.name ? `${e.name} ` : ''}${e.account}  ${e.role} of ${percent(e.sharePpm)}`);
      out.line(`    arrived ${dollars(e.received)}, claimable ${dollars(e.claimable)}`);
    }
    for (const claim of claims) out.line(`claimed ${dollars(claim.dollars)}  ${claim.transactionHash}`);
    const total = found.reduce((sum, e) => sum + e.claimable, 0n);
    out.line(
      `${options.claim ? 'was claimable' : 'claimable'} ${dollars(total)}${total > 0n && !options.claim ? '   (claim it with --claim)' : ''}`,
    );
    out.result({ address, claimableBaseUnits: total, assets: found, claims });
    return undefined;
  });
}

function parseAddress(text: string): Address {
  const parsed = Address.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new TributaryError(
    'invalid_value',
    `--address is ${JSON.stringify(text)}: ${parsed.error.issues[0]?.message}.`,
    {
      param: 'address',
    },
  );
}

/** Assets that an address owns or holds shares of, with what they earned. */
async function earningsOf(reader: Reader, address: Address): Promise<Earning[]> {
  const [all, arrivals] = await Promise.all([
    assets.list(reader),
    eventLogs(reader, assetAccountAbi, 'Transfer', { args: { to: address } }),
  ]);
  const senders = new Set(arrivals.map((log) => log.address.toLowerCase()));
  const token = reader.contracts.dollar;
  const found: Earning[] = [];
  for (const { account, kind, uri } of all) {
    const name = nameIn(uri);
    const supply = await assets.totalShares(reader, account);
    if (supply === 0n) {
      if ((await assets.ownerOf(reader, account)).toLowerCase() !== address) continue;
      const [received, claimable] = await Promise.all([
        assets.received(reader, account, token),
        assets.claimableOwner(reader, account, token),
      ]);
      found.push({ account, kind, name, role: 'owner', sharePpm: 1_000_000, received, claimable });
    } else if (senders.has(account)) {
      const [shares, received, claimable] = await Promise.all([
        assets.sharesOf(reader, account, address),
        assets.received(reader, account, token),
        assets.claimable(reader, account, address, token),
      ]);
      if (shares === 0n && claimable === 0n) continue;
      const sharePpm = Number((shares * 1_000_000n) / supply);
      found.push({ account, kind, name, role: 'holder', sharePpm, received, claimable });
    }
  }
  return found;
}

/** The name in a description that is on chain itself (a data URI, as `publish` and `provide` write them). */
function nameIn(uri: string): string | null {
  const json = /^data:application\/json,(.*)$/s.exec(uri)?.[1];
  if (!json) return null;
  try {
    const { name } = JSON.parse(decodeURIComponent(json)) as { name?: unknown };
    return typeof name === 'string' ? clean(name).slice(0, 80) : null;
  } catch {
    return null;
  }
}

async function claimOne(writer: Writer, e: Earning, address: Address) {
  const { hash, result } =
    e.role === 'owner' ? await assets.claimOwner(writer, e.account) : await assets.claim(writer, e.account, address);
  return { account: e.account, transactionHash: hash, dollars: result[0] };
}
