/** Follows soon. */
export function OfferPage() {
  return null;
}
