import type { TreeChanges } from '../changes/tree-changes.ts'
import { isTextPath } from '../process/byte-path.ts'
import { type GitOptions, gitQuickly, utf8, zeroSeparated } from '../process/git.ts'

/** git compares each path with each entry of the index: beyond some ten, looking at the whole index once is quicker. */
const mostPaths = 64

/** Whether `standsAs` can tell of these paths. Pure. */
export const isForStandsAs = ({ added, before }: TreeChanges): boolean =>
  added.length + before.size <= mostPaths && [...added, ...before.keys()].every(isTextPath)

/**
 * Whether index and files at every path that changes are those of the commit that is moved away from, so that nothing of the user's
 * can be in the way of the move. False also when that cannot be told here: then git has to try.
 */
export async function standsAs(changes: TreeChanges, user: GitOptions): Promise<boolean> {
  const { added, before } = changes
  const paths = [...added, ...before.keys()]
  if (paths.length === 0) return true // As arguments, no path means every path.
  if (!isForStandsAs(changes)) return false
  const call: GitOptions = { ...user, env: { ...user.env, GIT_LITERAL_PATHSPECS: '1' } }
  const named = ['--', ...paths.map(utf8)]
  const [entries, differing] = await Promise.all([
    gitQuickly(['ls-files', '-z', '--stage', '-v', ...named], call),
    gitQuickly(['diff-files', '-z', '--name-only', '--no-ext-diff', '--ignore-submodules', ...named], call),
  ])
  if (entries.exitCode !== 0 || differing.exitCode !== 0) return false
  return differing.stdout === '' && isIndexOf(entries.stdout, before)
}

/**
 * Whether `ls-files -z --stage -v` lists these files (by path, `MODE ID`) and no others, each an ordinary entry: `H`, not one that
 * the user has told git to take for unchanged (`h`), that is outside a sparse checkout (`S`) or unmerged (`M`). Pure.
 */
function isIndexOf(output: string, files: ReadonlyMap<string, string>): boolean {
  const entries = zeroSeparated(output)
  return (
    entries.length === files.size &&
    entries.every((entry) => {
      const tab = entry.indexOf('\t')
      return entry.slice(0, tab) === `H ${files.get(entry.slice(tab + 1))} 0`
    })
  )
}
