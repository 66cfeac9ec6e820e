/** What may be asked of the devnet, by name. Everything else is refused: anvil has many methods that rewrite the chain. */

const READS = new Set([
  'eth_accounts',
  'eth_blobBaseFee',
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_createAccessList',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_gasPrice',
  'eth_getAccount',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockReceipts',
  'eth_getBlockTransactionCountByHash',
  'eth_getBlockTransactionCountByNumber',
  'eth_getCode',
  'eth_getFilterChanges',
  'eth_getFilterLogs',
  'eth_getLogs',
  'eth_getProof',
  'eth_getRawTransactionByHash',
  'eth_getStorageAt',
  'eth_getTransactionByBlockHashAndIndex',
  'eth_getTransactionByBlockNumberAndIndex',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_getUncleCountByBlockHash',
  'eth_getUncleCountByBlockNumber',
  'eth_maxPriorityFeePerGas',
  'eth_newBlockFilter',
  'eth_newFilter',
  'eth_protocolVersion',
  'eth_simulateV1',
  'eth_syncing',
  'eth_uninstallFilter',
  'debug_traceCall',
  'debug_traceTransaction',
  'net_listening',
  'net_version',
  'txpool_content',
  'txpool_inspect',
  'txpool_status',
  'web3_clientVersion',
  'web3_sha3',
]);

/** Admin methods that go to anvil as they are, by their name without prefix. */
const ADMIN = new Set([
  'dropTransaction',
  'reorg',
  'revert',
  'rollback',
  'setBalance',
  'setCode',
  'setNonce',
  'setStorageAt',
  'snapshot',
]);

export type MethodKind = 'read' | 'send' | 'admin' | 'mine' | 'increaseTime' | 'setNextBlockTimestamp' | 'refused';

/** What to do with a method. Time and mining are ours: the journal has to know the time of every block. */
export function kindOfMethod(method: string): MethodKind {
  if (READS.has(method)) return 'read';
  if (method === 'eth_sendRawTransaction') return 'send';
  const admin = /^(?:anvil|evm|hardhat)_(\w+)$/.exec(method)?.[1];
  if (admin === 'mine' || admin === 'increaseTime' || admin === 'setNextBlockTimestamp') return admin;
  return admin !== undefined && ADMIN.has(admin) ? 'admin' : 'refused';
}
