/** Follows soon. */
export function ClaimsPage() {
  return null;
}
