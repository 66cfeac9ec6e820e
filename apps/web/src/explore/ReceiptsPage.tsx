/** Follows soon. */
export function ReceiptsPage() {
  return null;
}
