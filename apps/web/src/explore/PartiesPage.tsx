/** Follows soon. */
export function PartiesPage() {
  return null;
}
