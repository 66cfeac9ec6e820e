/** Follows soon. */
export function ContributePage() {
  return null;
}
