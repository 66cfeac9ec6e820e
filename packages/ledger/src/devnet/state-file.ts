import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncFolder } from '../journal/segment.ts';

/** The chain after a number of journal records: what a restart begins with instead of replaying everything. */
export const DevnetState = z.object({
  /** Records below this number are inside. */
  nextSeq: z.number().int().nonnegative(),
  clockOffset: z.number().int(),
  /** Raw transactions that wait for an earlier nonce; anvil's dump leaves its pool out. */
  floating: z.array(z.string()),
  /** `anvil_dumpState`. */
  dump: z.string(),
});
export type DevnetState = z.infer<typeof DevnetState>;

const NAME = 'state.json';

/** Replaces the state file in one step: a kill leaves the old one or the new one, never a part. */
export async function writeState(dir: string, state: DevnetState): Promise<void> {
  const draft = join(dir, `${NAME}.tmp`);
  const file = await open(draft, 'w');
  try {
    await file.writeFile(JSON.stringify(state));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(dir, NAME));
  await syncFolder(dir);
}

/** The state file, or null when there is none or it cannot be read: the journal has everything. */
export async function readState(dir: string): Promise<DevnetState | null> {
  try {
    return DevnetState.parse(JSON.parse(await readFile(join(dir, NAME), 'utf8')));
  } catch {
    return null;
  }
}
