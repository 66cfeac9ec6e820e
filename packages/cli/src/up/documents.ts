import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Address, TributaryError } from '@tributary/protocol';

/** Who contributed which documents: the first matching path prefix wins, `""` matches everything. */
export interface DocumentPlan {
  folder: string;
  name: string;
  contributors: { prefix: string; account: Address }[];
}

/** The repository's own documentation is the default dataset. */
const DOCS = fileURLToPath(new URL('../../../../docs', import.meta.url));

/**
 * The documents of the network and who gave them. The default is the repository's own docs; another folder's entries are
 * dealt out to the contributors in turn, by name. Throws `documents_unreadable` when the folder is not there or empty.
 */
export async function planDocuments(
  folder: string | undefined,
  contributors: readonly Address[],
): Promise<DocumentPlan> {
  const root = folder ?? DOCS;
  let names: string[];
  try {
    if (!(await stat(root)).isDirectory()) throw new Error('not a folder');
    names = (await readdir(root)).filter((name) => !name.startsWith('.')).sort();
  } catch (cause) {
    throw new TributaryError('documents_unreadable', `Cannot read the documents in ${root}.`, {
      param: 'documents',
      hint: 'Give --documents a folder of Markdown, HTML, text or PDF files.',
      cause,
    });
  }
  if (names.length === 0) {
    throw new TributaryError('documents_unreadable', `${root} is empty.`, {
      param: 'documents',
      hint: 'Put Markdown, HTML, text or PDF files there.',
    });
  }
  if (folder === undefined) return { folder: root, name: 'Tributary handbook', contributors: ownDocs(contributors) };
  const dealt = await Promise.all(
    names.map(async (name, i) => {
      const isFolder = (await stat(join(root, name))).isDirectory();
      return { prefix: isFolder ? `${name}/` : name, account: contributors[i % contributors.length]! };
    }),
  );
  // Files that appear later belong to the first contributor until the network is planned again.
  return { folder: root, name: 'Documents', contributors: [...dealt, { prefix: '', account: contributors[0]! }] };
}

/** Each part of the handbook is another contributor's. */
function ownDocs(contributors: readonly Address[]): DocumentPlan['contributors'] {
  const parts = ['handbook/money/', 'handbook/operating/', 'handbook/concepts/', 'decisions/', ''];
  return parts.map((prefix, i) => ({ prefix, account: contributors[i % contributors.length]! }));
}
