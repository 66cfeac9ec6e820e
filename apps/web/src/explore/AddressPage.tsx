/** Follows soon. */
export function AddressPage() {
  return null;
}
