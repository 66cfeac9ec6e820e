/** Follows soon. */
export function ReceiptPage() {
  return null;
}
