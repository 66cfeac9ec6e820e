import type { EventKind } from '@tributary/protocol/explorer';

/** What happened, for people. */
export const EVENT_WORDS: Record<EventKind, string> = {
  registered: 'Registered',
  owner_changed: 'Got a new owner',
  described: 'Changed its description',
  shares_moved: 'Shares changed hands',
  channel_opened: 'A payer opened a channel',
  deposited: 'Deposit for questions',
  refunded: 'Deposit returned',
  withdrawal_started: 'Withdrawal announced',
  withdrawn: 'Deposit withdrawn',
  claimed: 'Promised money collected',
  settled: 'Collected money sent on',
  receipts_logged: 'List of receipts published',
  paid_in: 'Was paid',
  passed_on: 'Passed money on',
  paid_out: 'Paid out to its people',
  party_registered: 'A party registered',
  rated: 'A party was rated',
};
