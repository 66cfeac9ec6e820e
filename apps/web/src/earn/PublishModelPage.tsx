/** Follows soon. */
export function PublishModelPage() {
  return null;
}
