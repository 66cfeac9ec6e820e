import { parentPort, workerData } from 'node:worker_threads';
import { openApiDocument } from './document.ts';
import { operations } from './operations.ts';

/** A thread that makes the OpenAPI document and ends: it takes a tenth of a second, for which no question may wait. */
parentPort?.postMessage(JSON.stringify(openApiDocument(operations, workerData as { url: string; version: string })));
