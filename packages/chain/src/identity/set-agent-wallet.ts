import type { Address } from '@tributary/protocol';
import type { Account } from 'viem';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { identityRegistryAbi } from '../generated/index.ts';
import { ownerOf } from './owner-of.ts';

/** Seconds a wallet's consent stays good; the registry refuses more than 300. */
const CONSENT_SECONDS = 240n;

/** What a new agentWallet signs to agree, as EIP-712 typed data. `deadline` is unix seconds, at most 300 ahead. */
export function agentWalletTypedData(
  chainId: number,
  identityRegistry: Address,
  message: { agentId: bigint; newWallet: Address; owner: Address; deadline: bigint },
) {
  return {
    domain: { name: 'ERC8004IdentityRegistry', version: '1', chainId, verifyingContract: identityRegistry },
    types: {
      AgentWalletSet: [
        { name: 'agentId', type: 'uint256' },
        { name: 'newWallet', type: 'address' },
        { name: 'owner', type: 'address' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    primaryType: 'AgentWalletSet',
    message,
  } as const;
}

/** Makes `wallet` the key that signs for an identity. The sender owns the identity; `wallet` signs its consent here. */
export async function setAgentWallet(writer: Writer, agentId: bigint, wallet: Account): Promise<Sent> {
  if (!wallet.signTypedData) throw new TypeError('the new wallet cannot sign typed data');
  const [owner, block] = await Promise.all([ownerOf(writer, agentId), writer.client.getBlock()]);
  const deadline = block.timestamp + CONSENT_SECONDS;
  const newWallet = wallet.address.toLowerCase() as Address;
  const signature = await wallet.signTypedData(
    agentWalletTypedData(writer.chainId, writer.contracts.identityRegistry, { agentId, newWallet, owner, deadline }),
  );
  return send(writer, {
    address: writer.contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: 'setAgentWallet',
    args: [agentId, newWallet, deadline, signature],
  });
}
