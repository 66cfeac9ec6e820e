/** Follows soon. */
export function PartyPage() {
  return null;
}
