/** Follows soon. */
export function EventsPage() {
  return null;
}
