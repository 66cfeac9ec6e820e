import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** A file found under a root. */
export interface FoundFile {
  /** Path inside the root with forward slashes. */
  name: string;
  path: string;
}

/** Something that was passed over, and why. */
export interface Skipped {
  name: string;
  reason: string;
}

const MOST_DEPTH = 32;

function inside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}

/** Code-unit order: the same on every machine, whatever its language. */
export function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/**
 * All files under a folder, in order of name. Hidden entries and `node_modules` are left out silently; links to folders,
 * and links to files outside the root, are reported and not followed.
 */
export async function listFiles(
  folder: string,
  mostFiles: number,
): Promise<{ files: FoundFile[]; skipped: Skipped[] }> {
  const root = await realpath(folder);
  const files: FoundFile[] = [];
  const skipped: Skipped[] = [];

  async function walk(dir: string, depth: number): Promise<void> {
    const entries = (await readdir(dir, { withFileTypes: true })).sort(byName);
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = join(dir, entry.name);
      const name = relative(root, path).split(sep).join('/');
      if (entry.isDirectory()) {
        if (depth >= MOST_DEPTH) skipped.push({ name, reason: `folders are nested more than ${MOST_DEPTH} deep` });
        else
          await walk(path, depth + 1).catch((e: NodeJS.ErrnoException) =>
            skipped.push({ name, reason: `cannot be read (${e.code})` }),
          );
      } else if (entry.isSymbolicLink()) {
        const target = await realpath(path).catch(() => undefined);
        if (target === undefined) skipped.push({ name, reason: 'is a link to nothing' });
        else if (!inside(root, target)) skipped.push({ name, reason: 'is a link out of the folder' });
        else if (!(await lstat(target)).isFile()) skipped.push({ name, reason: 'is a link to a folder' });
        else files.push({ name, path: target });
      } else if (entry.isFile()) {
        files.push({ name, path });
      }
      if (files.length > mostFiles) throw new RangeError(`${folder} holds more than ${mostFiles} files`);
    }
  }

  await walk(root, 0);
  return { files: files.sort(byName), skipped: skipped.sort(byName) };
}
