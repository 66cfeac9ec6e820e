import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDeployables, snapshotsDir } from './artifacts.ts';
import { measureAssets } from './gas/assets.ts';
import { createChain, type GasChain, type Measured } from './gas/chain.ts';
import { measureChannels, measureIdentity } from './gas/channels.ts';

/** One file for each family of contracts; each is measured on a chain of its own, so none moves another's numbers. */
const families: Record<string, (chain: GasChain) => Promise<Measured>> = {
  assets: measureAssets,
  channels: measureChannels,
  identity: measureIdentity,
};

const gas: Record<string, unknown> = {};
for (const [family, measure] of Object.entries(families)) {
  const measured = await measure(await createChain());
  gas[family] = Object.fromEntries(
    Object.entries(measured).map(([name, { gas, goal, note }]) => [
      name,
      {
        gas: Number(gas),
        ...(goal === undefined ? {} : { goal: Number(goal) }),
        ...(note === undefined ? {} : { note }),
      },
    ]),
  );
  for (const [name, { gas, goal }] of Object.entries(measured)) {
    const verdict =
      goal === undefined ? '' : gas <= goal ? `goal ${goal}, met` : `goal ${goal}, missed by ${gas - goal}`;
    console.log(`${`${family}.${name}`.padEnd(36)} ${String(gas).padStart(8)}  ${verdict}`);
  }
}

/** EIP-170: no contract's code may be longer. */
const MAX_CODE_BYTES = 24_576;
const size = Object.fromEntries(
  readDeployables().map(({ contractName, bytecode, deployedBytecode }) => [
    contractName,
    { code: deployedBytecode.length / 2 - 1, creation: bytecode.length / 2 - 1 },
  ]),
);
for (const [name, { code }] of Object.entries(size)) {
  if (code > MAX_CODE_BYTES) throw new Error(`${name} has ${code} bytes of code, ${MAX_CODE_BYTES} are allowed`);
}

mkdirSync(snapshotsDir, { recursive: true });
writeFileSync(join(snapshotsDir, 'gas.json'), `${JSON.stringify(gas, null, 2)}\n`);
writeFileSync(join(snapshotsDir, 'size.json'), `${JSON.stringify(size, null, 2)}\n`);
process.exit(0);
