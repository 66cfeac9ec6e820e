import {
  assetAccountAbi,
  CANONICAL_ERC8004,
  channels,
  createReader,
  type Reader,
  read,
  receiptLogAbi,
} from '@tributary/chain';
import {
  assetRegistryBytecode,
  channelsBytecode,
  identityRegistryBytecode,
  receiptLogBytecode,
  spokeAuthorizerBytecode,
} from '@tributary/chain/bytecode';
import {
  type Address,
  CANONICAL,
  type Contracts,
  type Hex,
  type SignedReceipt,
  TributaryError,
  ZERO_32,
  ZERO_ADDRESS,
} from '@tributary/protocol';
import { getContractAddress } from 'viem';

/** The deterministic deployment proxy, the same on nearly every EVM chain. */
const CREATE2_DEPLOYER: Address = '0x4e59b44847b379578588920ca78fbf26c0b4956c';

interface Bytecode {
  readonly creation: Hex;
  readonly deployed: Hex;
  readonly immutables: Readonly<Record<string, readonly { start: number; length: number }[]>>;
}

/**
 * Finds a network's contracts from a receipt and the chain alone. Every contract is accepted only if its code is ours, byte
 * for byte but for its constructor's values (or if it is at a canonical address), so whoever made the receipt cannot bring
 * contracts that lie. What is then left to judge is the dollar: a network of play money is a true network, too.
 */
export async function discoverContracts(rpc: string, signed: SignedReceipt): Promise<Contracts> {
  const unknown = ZERO_ADDRESS;
  const contracts: Contracts = {
    dollar: signed.receipt.token,
    trib: unknown,
    assetRegistry: unknown,
    channels: unknown,
    erc3009Collector: unknown,
    spokeAuthorizer: unknown,
    receiptLog: signed.receiptLog,
    identityRegistry: unknown,
    reputationRegistry: unknown,
    validationRegistry: unknown,
  };
  const reader = createReader({ rpc, chainId: signed.chainId, contracts });
  await checkCode(reader, 'ReceiptLog', signed.receiptLog, receiptLogBytecode);
  const own = { address: signed.receiptLog, abi: receiptLogAbi } as const;
  contracts.channels = lower(await read(reader, { ...own, functionName: 'channels', args: [] }));
  if (contracts.channels !== CANONICAL.channels)
    await checkCode(reader, 'Channels', contracts.channels, channelsBytecode);

  const account = { address: signed.receipt.service, abi: assetAccountAbi } as const;
  contracts.assetRegistry = lower(await read(reader, { ...account, functionName: 'registry', args: [] }));
  await checkCode(reader, 'AssetRegistry', contracts.assetRegistry, assetRegistryBytecode);
  contracts.trib = lower(await read(reader, { ...account, functionName: 'trib', args: [] }));

  contracts.identityRegistry = await findIdentityRegistry(reader);
  const config = await channels.configOf(reader, signed.payment.channelId);
  if (config) {
    await checkCode(reader, 'SpokeAuthorizer', config.receiverAuthorizer, spokeAuthorizerBytecode);
    contracts.spokeAuthorizer = config.receiverAuthorizer;
  }
  return contracts;
}

function lower(address: string): Address {
  return address.toLowerCase() as Address;
}

async function findIdentityRegistry(reader: Reader): Promise<Address> {
  const deterministic = getContractAddress({
    opcode: 'CREATE2',
    from: CREATE2_DEPLOYER,
    salt: ZERO_32,
    bytecode: identityRegistryBytecode.creation,
  }).toLowerCase() as Address;
  const candidates = [...Object.values(CANONICAL_ERC8004).map((pair) => pair.identityRegistry), deterministic];
  for (const address of candidates) if (await reader.client.getCode({ address })) return address;
  throw new TributaryError('contracts_needed', 'No identity registry is known on this chain.', {
    hint: 'Pass --contracts FILE with the network’s addresses.',
  });
}

async function checkCode(reader: Reader, name: string, address: Address, ours: Bytecode): Promise<void> {
  const code = (await reader.client.getCode({ address })) ?? '0x';
  if (masked(code, ours) === masked(ours.deployed, ours)) return;
  throw new TributaryError('foreign_contract', `The code at ${address} is not this version's ${name}.`, {
    hint: 'If you trust that network, pass its addresses: --contracts FILE.',
  });
}

/** Code with the constructor's values blanked out. */
function masked(code: Hex, { immutables }: Bytecode): string {
  let digits = code.slice(2);
  for (const { start, length } of Object.values(immutables).flat()) {
    digits = digits.slice(0, 2 * start) + '0'.repeat(2 * length) + digits.slice(2 * (start + length));
  }
  return digits;
}
