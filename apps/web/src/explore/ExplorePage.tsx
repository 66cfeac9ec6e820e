/** Follows soon. */
export function ExplorePage() {
  return null;
}
