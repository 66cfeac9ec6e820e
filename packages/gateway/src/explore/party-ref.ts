import type { PartyRow } from '@tributary/ledger';
import type { PartyRef } from '@tributary/protocol/explorer';

/** A party by name; one whose registration file says none by its number. */
export function partyRef({ agentId, name }: Pick<PartyRow, 'agentId' | 'name'>): PartyRef {
  return { agentId, name: name || `party ${agentId}` };
}
