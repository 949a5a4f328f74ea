/**
 * The focus goes to the next conflict of the open file, or the one before.
 * @returns false when there is none in that direction.
 */
export function goToConflict(within: HTMLElement, by: 1 | -1): boolean {
  const cards = [...within.querySelectorAll<HTMLElement>('[data-conflict]')]
  const at = cards.findIndex((card) => card.contains(document.activeElement))
  const card = at < 0 ? cards.at(by > 0 ? 0 : -1) : cards[at + by]
  if (!card) return false
  card.focus({ preventScroll: true })
  card.scrollIntoView({ block: 'nearest' })
  return true
}
