import { createRequire } from 'node:module';
import { defineConfig } from 'hardhat/config';

const require = createRequire(import.meta.url);

/** Several people (or a gas run beside a test run) may build at once: each can have its own output folders. */
const outDir = process.env.CONTRACTS_OUT ?? '.';

/** Quick at the desk, heavy on the server: `FUZZ_RUNS=10000 npm test -w contracts`. */
const fuzzRuns = Number(process.env.FUZZ_RUNS ?? 256);
const invariantRuns = Number(process.env.INVARIANT_RUNS ?? 24);

/** The compiler comes from npm like everything else: no download at build time, same bytes for everybody. */
const compiler = (more: { viaIR?: boolean }) => ({
  version: '0.8.37',
  path: require.resolve('solc/soljson.js'),
  settings: {
    evmVersion: 'cancun',
    optimizer: { enabled: true, runs: 1_000_000 },
    // No metadata hash: the bytecode depends on the code alone, not on comments, paths or the machine.
    metadata: { bytecodeHash: 'none' },
    ...more,
  },
});

export default defineConfig({
  paths: {
    sources: './src',
    tests: { solidity: './test' },
    artifacts: `${outDir}/artifacts`,
    cache: `${outDir}/cache`,
  },
  solidity: {
    profiles: {
      default: {
        compilers: [compiler({})],
        // Through the intermediate representation: 3 % less gas where every call counts, three times as long to compile.
        // Their tests deploy what was built here (`deployBuilt`), so only a change of these files costs that time.
        overrides: Object.fromEntries(
          ['AssetRegistry', 'AssetAccount', 'TestDollar', 'Trib'].map((name) => [
            `src/ledger/${name}.sol`,
            compiler({ viaIR: true }),
          ]),
        ),
      },
    },
  },
  networks: {
    // Gas scripts and tests run inside this process; one account set, same prices every time.
    default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'prague', initialBaseFeePerGas: 0 },
  },
  test: {
    solidity: {
      fuzz: { runs: fuzzRuns },
      invariant: { runs: invariantRuns, depth: 32, failOnRevert: false },
    },
  },
});
