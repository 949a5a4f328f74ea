import picomatch from 'picomatch'
import { foldPath } from '../../core/merge/fold-path.ts'
import { defaultHeldPaths } from './default-held-paths.ts'

export interface PathRules {
  /** Whether the last pattern that names the path, or a folder that it is in, holds it; undefined when none does. */
  holds(path: string): boolean | undefined
  /** Whether a held path may lie below this one, so that a link in its place would lead to one. */
  leadsToHeld(path: string): boolean
}

interface Rule {
  readonly isHeld: boolean
  readonly matches: (folded: string) => boolean
  readonly leads: (folded: string) => boolean
}

/**
 * The default list with the user's own after it: a pattern adds paths, one that begins with `!` takes some out again, and the last
 * that matches counts. A pattern with no slash but the last counts in every folder, another from the root of the repository. Pure.
 */
export function pathRules(edits: readonly string[], defaults: readonly string[] = defaultHeldPaths): PathRules {
  const rules = [...defaults, ...edits].map(parseRule)
  return {
    holds: (path) => {
      const folded = foldPath(path)
      return rules.findLast(({ matches }) => matches(folded))?.isHeld
    },
    leadsToHeld: (path) => {
      const folded = foldPath(path)
      return rules.some(({ isHeld, leads }) => isHeld && leads(folded))
    },
  }
}

const options = { dot: true, nonegate: true } as const

function parseRule(pattern: string): Rule {
  const isHeld = !pattern.startsWith('!')
  const named = foldPath(isHeld ? pattern : pattern.slice(1)).replace(/\/+$/, '')
  const isAnywhere = !named.includes('/')
  const anchored = isAnywhere ? `**/${named}` : named.replace(/^\/+/, '')
  const parts = anchored.split('/')
  const folders = parts.slice(0, -1).map((_part, index) => parts.slice(0, index + 1).join('/'))
  return {
    isHeld,
    matches: picomatch([anchored, `${anchored}/**`], options),
    // `**` leads everywhere, which says nothing of a link.
    leads: picomatch([anchored, ...folders.filter((folder) => !folder.endsWith('**'))], options),
  }
}
