/** Follows soon. */
export function TransactionPage() {
  return null;
}
