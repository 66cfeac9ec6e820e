/** Follows soon. */
export function ServicesPage() {
  return null;
}
