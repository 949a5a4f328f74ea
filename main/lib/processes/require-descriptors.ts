import { closeSync, openSync } from 'node:fs'

/** Standard streams with both their ends, and what the start itself takes. */
const descriptorsOfAStart = 12

/**
 * Throws EMFILE or ENFILE where a program could not be started for lack of descriptors. Node leaves such a child without streams, and
 * its error comes later, unheard, and would end this process.
 */
export function requireDescriptors(): void {
  const opened: number[] = []
  try {
    while (opened.length < descriptorsOfAStart) opened.push(openSync('/dev/null', 'r'))
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
}
