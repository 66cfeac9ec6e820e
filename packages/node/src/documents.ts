import { type DocumentSet, readDocuments } from '@tributary/data';
import type { DatasetContent } from '@tributary/models';
import type { Logger } from 'pino';
import type { DocumentsConfig } from './config.ts';

/** Reads the folders of documents that services answer from. */
export interface DocumentFolders {
  /** The folder as it is now. Documents whose bytes are known are not extracted again. */
  read(config: DocumentsConfig): Promise<DatasetContent>;
}

/** One reading of each folder is kept, whoever asks: two services of one dataset share it. */
export function createDocumentFolders(log: Logger): DocumentFolders {
  const previous = new Map<string, DocumentSet>();
  return {
    async read(config) {
      const { asset, folder, name, contributors } = config;
      const key = JSON.stringify([asset, folder, name, contributors]);
      const before = previous.get(key);
      const set = await readDocuments(folder, {
        name,
        contributors: (document) => contributors.find((c) => document.startsWith(c.prefix))?.account,
        ...(before ? { previous: before } : {}),
      });
      previous.set(key, set);
      const { digest, passages, skipped, reused } = set;
      if (digest !== before?.digest) {
        log.info(
          { folder, documents: set.documents.length, passages: passages.length, reused, skipped },
          'documents read',
        );
      }
      return { asset, name, digest, passages };
    },
  };
}
