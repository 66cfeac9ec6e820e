import type { TestContext } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { createWriter, type Writer } from '@tributary/chain';
import { type Contracts, toHex } from '@tributary/protocol';
import { createPublicClient, createWalletClient, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { createNonceManager, jsonRpc } from 'viem/nonce';
import { deploy } from './deploy.ts';
import { devnetFor, rpc, testAccount } from './devnet/test-support.ts';
import { openStore, type Store, storeOn } from './store/store.ts';

/** A devnet with the contracts on it and two writers, gone after the test. */
export async function networkFor(t: TestContext) {
  const devnet = await devnetFor(t, { admin: true });
  const chain = { ...foundry, rpcUrls: { default: { http: [devnet.url] } } };
  const contracts: Contracts = await deploy({
    publicClient: createPublicClient({ chain, transport: http(), pollingInterval: 20 }),
    walletClient: createWalletClient({ chain, transport: http(), account: testAccount(0) }),
  });
  const writers = [0, 1].map((i) =>
    createWriter({
      rpc: devnet.url,
      chainId: devnet.chainId,
      contracts,
      // viem's own nonce manager counts by address and chain id: two devnets in one process would share it.
      signer: privateKeyToAccount(toHex(testAccount(i).getHdKey().privateKey!), { nonceManager: freshNonces() }),
    }),
  ) as [Writer, Writer];
  return {
    ...devnet,
    contracts,
    writers,
    rpc: <T>(method: string, ...params: unknown[]) => rpc<T>(devnet.url, method, ...params),
    /** Goes back to a snapshot. */
    async revert(id: unknown) {
      await rpc(devnet.url, 'evm_revert', id);
      // A nonce manager never counts down, so nonces of blocks now gone need a new one.
      for (const { account } of writers) account.nonceManager = freshNonces();
    },
  };
}

const freshNonces = () => createNonceManager({ source: jsonRpc() });

const serverUrl = process.env.TEST_DATABASE_URL ?? process.env.DATABASE_URL;

/** The databases that the same tests run on. Without a server's URL its half is skipped, with the reason. */
export const databases: { name: string; skip: string | false; open(t: TestContext): Promise<Store> }[] = [
  { name: 'embedded', skip: false, open: openEmbedded },
  {
    name: 'server',
    skip: serverUrl ? false : 'set TEST_DATABASE_URL to a PostgreSQL server to run this',
    open: (t) =>
      openFor(t, {
        dir: 'unused',
        databaseUrl: serverUrl,
        namespace: `test_${process.pid}_${Math.floor(Math.random() * 1e9)}`,
      }),
  },
];

/** Making an empty cluster takes seconds, so each test gets a copy of the first one. */
let emptyCluster: Promise<Blob> | undefined;

async function openEmbedded(t: TestContext): Promise<Store> {
  emptyCluster ??= (async () => {
    const client = await PGlite.create('memory://');
    const dump = await client.dumpDataDir('none');
    await client.close();
    return dump;
  })();
  const store = await storeOn(await PGlite.create({ loadDataDir: await emptyCluster }));
  t.after(() => store.close());
  return store;
}

async function openFor(t: TestContext, options: Parameters<typeof openStore>[0]): Promise<Store> {
  const store = await openStore(options);
  t.after(async () => {
    if (options.namespace) await store.db.execute(`drop schema ${options.namespace} cascade`);
    await store.close();
  });
  return store;
}
