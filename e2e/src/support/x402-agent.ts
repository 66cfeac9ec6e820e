import { createWriter, tokens } from '@tributary/chain';
import { type NetworkFile, parseUnits } from '@tributary/protocol';
import { testKey } from '@tributary/testing';
import { x402Client } from '@x402/core/client';
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { createPublicClient, http } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

type Required = Parameters<x402Client['createPaymentPayload']>[0];

/** An agent with a hundred test dollars that pays by the official x402 client, whatever protocol carries its payments. */
export async function payingAgent({ rpc, chainId, contracts }: NetworkFile, scheme: 'exact' | 'batch-settlement') {
  const account = privateKeyToAccount(generatePrivateKey());
  const treasury = createWriter({ rpc, chainId, contracts, signer: testKey(0) });
  const address = account.address.toLowerCase() as `0x${string}`;
  await tokens.mint(treasury, address, parseUnits('100'));
  const { readContract } = createPublicClient({ transport: http(rpc) });
  const signer = Object.assign(account, { readContract });
  const voucherSigner = privateKeyToAccount(generatePrivateKey());
  const client = new x402Client();
  client.setSpendControls({ allowedAssets: true });
  client.register(
    `eip155:${chainId}`,
    scheme === 'exact' ? new ExactEvmScheme(signer) : new BatchSettlementEvmScheme(signer, { voucherSigner }),
  );
  return {
    held: () => tokens.balanceOf(treasury, address),
    /** The payment for an offer. */
    pay(required: unknown) {
      const { accepts, ...rest } = required as Required;
      return client.createPaymentPayload({ ...rest, accepts: accepts.filter((a) => a.scheme === scheme) });
    },
  };
}
