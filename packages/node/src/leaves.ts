import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hex32 } from '@tributary/protocol';

/** The published leaves of this node's claims: one file for each root. */
export interface LeavesFolder {
  /** Resolves when the bytes are on disk. Writing the same root again is harmless. */
  write(root: Hex32, bytes: string): Promise<void>;
  /** The bytes whose SHA-256 is in ReceiptLog's event, or null. */
  read(root: Hex32): Promise<Buffer<ArrayBuffer> | null>;
}

/** The folder `leaves` in the node's home. */
export async function openLeavesFolder(home: string): Promise<LeavesFolder> {
  const folder = join(home, 'leaves');
  await mkdir(folder, { recursive: true });
  const fileOf = (root: Hex32) => join(folder, `${root}.json`);
  return {
    async write(root, bytes) {
      const temporary = `${fileOf(root)}.new`;
      const handle = await open(temporary, 'w');
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, fileOf(root));
      const directory = await open(folder, 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    },
    async read(root) {
      try {
        return await readFile(fileOf(root));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
  };
}
