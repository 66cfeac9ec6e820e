export { type DeployOptions, deploy } from './deploy.ts';
export { type Devnet, type DevnetOptions, startDevnet } from './devnet/devnet.ts';
export { type FileJournal, type JournalOptions, openJournal } from './journal/journal.ts';
export { acquireLock, type Lock } from './lock.ts';
