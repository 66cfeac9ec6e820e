/** Follows soon. */
export function EarnPage() {
  return null;
}
