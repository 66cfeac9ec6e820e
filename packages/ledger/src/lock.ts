import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TributaryError } from '@tributary/protocol';
import { startTimeOf } from './process-start.ts';

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a data folder for this process. Throws `folder_in_use`, naming the owner's pid, while another process has it;
 * a lock whose owner is gone is taken over.
 */
export async function acquireLock(dir: string): Promise<Lock> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, 'lock');
  const own = JSON.stringify({ pid: process.pid, started: await startTimeOf(process.pid), id: randomUUID() });
  const draft = join(dir, `lock.${process.pid}.${randomUUID()}`);
  await writeFile(draft, own);
  try {
    await take(dir, path, draft);
  } finally {
    await unlink(draft);
  }
  return {
    async release() {
      if ((await readOrNull(path)) === own) await unlink(path);
    },
  };
}

/** link() fails when the name exists: of many starters one wins, with its content complete from the first moment. */
async function take(dir: string, path: string, draft: string): Promise<void> {
  while (!(await tryLink(draft, path))) await removeIfStale(dir, path, draft);
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfStale(dir: string, path: string, draft: string): Promise<void> {
  const seen = await readOrNull(path);
  if (seen === null) return;
  const owner = parseOwner(seen);
  if (owner && (await isAlive(owner))) {
    throw new TributaryError('folder_in_use', `Process ${owner.pid} already uses the data folder ${dir}.`, {
      status: 409,
      hint: `Stop process ${owner.pid}, or give this one a folder of its own.`,
    });
  }
  // Between our look and now another starter may have taken the folder. Only who holds the name made from this content may
  // remove it, and contents do not come back: so what we still find then is stale, and stays until we remove it.
  const right = join(dir, `lock.${createHash('sha256').update(seen).digest('hex').slice(0, 16)}`);
  await take(dir, right, draft);
  try {
    if ((await readOrNull(path)) === seen) await unlink(path);
  } finally {
    await unlink(right);
  }
}

interface Owner {
  pid: number;
  started: string | null;
}

function parseOwner(text: string): Owner | null {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Owner>;
    return typeof pid === 'number' ? { pid, started: started ?? null } : null;
  } catch {
    return null;
  }
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  // The same number may be another process by now: after a reboot, or in a container where every start has the same pid.
  const now = await startTimeOf(pid);
  return started === null || now === null || now === started;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
