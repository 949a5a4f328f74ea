/**
 * The focus goes to the next conflict of the open file, or the one before.
 * @returns false when there is none in that direction.
 */
export function goToConflict(within: HTMLElement, by: 1 | -1): boolean {
  const cards = [...within.querySelectorAll<HTMLElement>('[data-conflict]')]
  const at = cards.findIndex((card) => card.contains(document.activeElement))
  return show(at < 0 ? cards.at(by > 0 ? 0 : -1) : cards[at + by])
}

/** The focus goes to the first conflict behind this one that has no pick yet; where there is none, to the first of all without one. */
export function goToOpen(within: HTMLElement, index: number): void {
  const cards = [...within.querySelectorAll<HTMLElement>('[data-conflict]')]
  // The pick is not shown yet: the card itself still says that it is open.
  const isOpen = (card: HTMLElement): boolean => card.dataset.open !== undefined && card !== cards[index]
  show(cards.slice(index + 1).find(isOpen) ?? cards.find(isOpen) ?? cards[index])
}

function show(card: HTMLElement | undefined): boolean {
  if (!card) return false
  card.focus({ preventScroll: true })
  card.scrollIntoView({ block: 'nearest' })
  return true
}
