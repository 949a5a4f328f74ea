import type { IconName } from '../parts/icon.tsx'

export interface Command {
  readonly icon: IconName
  readonly word: string
  /** What stands beside it: a key, a state, a repository. */
  readonly about: string
  readonly run: () => unknown
  /** Whether it only asks, in a dialog that takes the place of the list. */
  readonly asks?: true
}

/** More are found by more words. */
const shownAtMost = 60

/** Those whose words have each of the words, those that begin with the text first; with no text, the actions and the newest tasks. */
export function found(commands: readonly Command[], text: string): readonly Command[] {
  const whole = text.trim().toLowerCase()
  const wanted = whole.split(/\s+/)
  const all = commands.filter(({ word, about }) => {
    const words = `${word} ${about}`.toLowerCase()
    return wanted.every((part) => words.includes(part))
  })
  const begins = ({ word }: Command): boolean => whole !== '' && word.toLowerCase().startsWith(whole)
  return [...all.filter(begins), ...all.filter((command) => !begins(command))].slice(0, shownAtMost)
}
