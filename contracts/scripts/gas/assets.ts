import { type Address, zeroAddress } from 'viem';
import type { GasChain, Measured } from './chain.ts';

const DOLLARS = 1_000_000n;
const TRIBS = 10n ** 18n;
const SHARES = 1_000n * 10n ** 18n;
const KIND = { dataset: 0, model: 1, device: 2, service: 3 };

/** An address like those of IPFS, 64 bytes long. */
const uri = (number: number) =>
  `ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy5${String(number).padStart(4, '0')}`;

/** Registry and accounts: whole transactions, both revenue tokens in use unless the name says otherwise. */
export async function measureAssets(chain: GasChain): Promise<Measured> {
  const [alice, bob, carol] = [chain.account(1), chain.account(2), chain.account(3)];
  const dollar = await chain.deploy(chain.artifact('ledger/TestDollar.sol', 'TestDollar'));
  const trib = await chain.deploy(chain.artifact('ledger/Trib.sol', 'Trib'), [chain.account(0)]);
  const registry = await chain.deploy(chain.artifact('ledger/AssetRegistry.sol', 'AssetRegistry'), [
    dollar.address,
    trib.address,
  ]);
  const accountAbi = chain.artifact('ledger/AssetAccount.sol', 'AssetAccount').abi as typeof registry.abi;

  let count = 0;
  const register = async (
    kind: number,
    upstream: Address[],
    weights: number[],
    holders: { holder: Address; shares: bigint }[],
    dues = 0,
  ) => {
    const cap = holders.reduce((sum, { shares }) => sum + shares, 0n);
    const asset = { kind, uri: uri(count++), upstream, weights, dues, minter: zeroAddress, cap, holders };
    const request = { from: alice, to: registry.address, abi: registry.abi };
    const account = await chain.read<Address>({ ...request, functionName: 'predict', args: [alice, asset] });
    const gas = await chain.send({ ...request, functionName: 'register', args: [asset] });
    return { account, gas };
  };
  const pay = async (to: Address, dollars: bigint, tribs: bigint) => {
    if (dollars > 0n)
      await chain.send({ to: dollar.address, abi: dollar.abi, functionName: 'mint', args: [to, dollars] });
    if (tribs > 0n) await chain.send({ to: trib.address, abi: trib.abi, functionName: 'transfer', args: [to, tribs] });
  };
  const call = (to: Address, functionName: string, args: unknown[] = [], from = bob) =>
    chain.send({ from, to, abi: accountAbi, functionName, args });

  const measured: Measured = {};

  const device = await register(KIND.device, [], [], [{ holder: bob, shares: SHARES }]);
  const dataset = await register(KIND.dataset, [], [], [{ holder: carol, shares: SHARES }]);
  const holders = [{ holder: alice, shares: SHARES }];
  const edges: [Address[], number[]] = [
    [device.account, dataset.account],
    [300_000, 200_000],
  ];
  const service = await register(KIND.service, ...edges, holders);
  measured.register = { gas: service.gas, goal: 220_000n, note: 'two upstreams, one holder, 64-byte URI' };
  const dueDataset = await register(KIND.dataset, [], [], holders, 50_000);
  const dueModel = await register(KIND.model, [dueDataset.account], [100_000], holders, 50_000);
  const withDues = await register(KIND.service, [device.account, dueModel.account], [300_000, 500_000], holders);
  measured.registerInheritingDues = { gas: withDues.gas, note: 'as above, two ancestors with dues' };

  await pay(service.account, 900n * DOLLARS, 90n * TRIBS);
  measured.flushFirst = {
    gas: await call(service.account, 'flush'),
    goal: 185_000n,
    note: 'two upstreams, both tokens',
  };
  await pay(service.account, 900n * DOLLARS, 90n * TRIBS);
  measured.flush = { gas: await call(service.account, 'flush'), goal: 80_000n, note: 'two upstreams, both tokens' };
  await pay(service.account, 900n * DOLLARS, 0n);
  measured.flushDollars = {
    gas: await call(service.account, 'flush'),
    goal: 80_000n,
    note: 'two upstreams, dollars only',
  };

  const fresh = await register(KIND.service, ...edges, holders);
  await pay(fresh.account, 900n * DOLLARS, 0n);
  await call(fresh.account, 'flush');
  measured.claimFirstDollars = {
    gas: await call(fresh.account, 'claim', [alice]),
    goal: 95_000n,
    note: 'dollars only',
  };
  await pay(fresh.account, 900n * DOLLARS, 0n);
  measured.claimDollars = { gas: await call(fresh.account, 'claim', [alice]), goal: 60_000n, note: 'dollars only' };

  await pay(device.account, 900n * DOLLARS, 90n * TRIBS);
  measured.claimFirst = { gas: await call(device.account, 'claim', [bob]), goal: 95_000n, note: 'both tokens' };
  await pay(device.account, 900n * DOLLARS, 90n * TRIBS);
  measured.claim = { gas: await call(device.account, 'claim', [bob]), goal: 60_000n, note: 'both tokens' };
  await call(service.account, 'claim', [alice]);
  await pay(service.account, 900n * DOLLARS, 90n * TRIBS);
  await call(service.account, 'flush');
  measured.claimAfterFlush = {
    gas: await call(service.account, 'claim', [alice]),
    goal: 60_000n,
    note: 'both tokens, account with two upstreams',
  };

  const transfer = (to: Address, shares: bigint, from = alice) => call(service.account, 'transfer', [to, shares], from);
  await pay(service.account, 900n * DOLLARS, 90n * TRIBS);
  measured.transferSharesFirst = {
    gas: await transfer(carol, SHARES / 4n),
    goal: 100_000n,
    note: 'to a new holder, both tokens',
  };
  await pay(service.account, 900n * DOLLARS, 90n * TRIBS);
  measured.transferShares = {
    gas: await transfer(carol, SHARES / 4n),
    goal: 100_000n,
    note: 'between holders, both tokens',
  };
  await pay(service.account, 900n * DOLLARS, 90n * TRIBS);
  measured.transferAllShares = {
    gas: await transfer(carol, SHARES / 2n),
    goal: 100_000n,
    note: 'all that the sender has',
  };

  await pay(service.account, 900n * DOLLARS, 90n * TRIBS);
  measured.pullOneUpstream = { gas: await call(service.account, 'pull', [0n]), note: 'both tokens, first time apart' };
  await pay(service.account, 900n * DOLLARS, 90n * TRIBS);
  const path = [service.account, device.account, dataset.account];
  measured.flushManyThree = {
    gas: await chain.send({ to: registry.address, abi: registry.abi, functionName: 'flushMany', args: [path] }),
    note: 'service and its two upstreams',
  };
  return measured;
}
