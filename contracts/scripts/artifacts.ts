import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where Hardhat writes, the same rule as in hardhat.config.ts. */
const contractsDir = join(import.meta.dirname, '..');
export const artifactsDir = resolve(contractsDir, process.env.CONTRACTS_OUT ?? '.', 'artifacts');
export const snapshotsDir = join(contractsDir, 'snapshots');

export type AbiItem = { type: string; name?: string; inputs?: unknown[] };
type ImmutableReferences = Record<string, { start: number; length: number }[]>;

export type Artifact = {
  contractName: string;
  sourceName: string;
  abi: AbiItem[];
  bytecode: `0x${string}`;
  deployedBytecode: `0x${string}`;
  immutableReferences: ImmutableReferences;
  inputSourceName: string;
  buildInfoId: string;
};

/** Every deployable contract of `src/`: no interfaces, no abstract contracts, no libraries, no test fixtures. */
export function readDeployables(): Artifact[] {
  const files = readdirSync(join(artifactsDir, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file): Artifact => JSON.parse(readFileSync(join(artifactsDir, 'src', file), 'utf8')))
    .filter((artifact) => artifact.bytecode !== '0x' && !isLibrary(artifact))
    .sort((a, b) => (a.contractName < b.contractName ? -1 : 1));
}

/** A library that only has internal functions still gets a stub of bytecode; nobody deploys it. */
function isLibrary({ abi, contractName }: Artifact): boolean {
  const callable = abi.some(({ type }) => type === 'function' || type === 'constructor' || type === 'receive');
  return !callable || contractName.endsWith('Lib');
}

type AstNode = { id?: number; nodeType?: string; name?: string } & Record<string, unknown>;

/** Immutable references by variable name: the compiler's own keys are AST ids, which change with every compilation. */
export function namedImmutables(artifact: Artifact): ImmutableReferences {
  const wanted = new Set(Object.keys(artifact.immutableReferences));
  if (wanted.size === 0) return {};
  const names = new Map<string, string>();
  const file = join(artifactsDir, 'build-info', `${artifact.buildInfoId}.output.json`);
  const { output } = JSON.parse(readFileSync(file, 'utf8')) as {
    output: { sources: Record<string, { ast: AstNode }> };
  };
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    const node = value as AstNode; // or an array, which has neither type nor name
    if (node.nodeType === 'VariableDeclaration' && wanted.has(String(node.id)))
      names.set(String(node.id), node.name ?? '');
    for (const child of Object.values(node)) visit(child);
  };
  for (const { ast } of Object.values(output.sources)) visit(ast);
  const entries = [...wanted].map((id) => {
    const name = names.get(id);
    if (name === undefined)
      throw new Error(`${artifact.contractName}: immutable with AST id ${id} has no declaration in ${file}`);
    return [name, artifact.immutableReferences[id] ?? []] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
