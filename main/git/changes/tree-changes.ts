import { type GitOptions, gitOrThrow, zeroSeparated } from '../process/git.ts'

/** What moving from one commit to another does, by path (latin1). */
export interface TreeChanges {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly deleted: readonly string[]
  /** Of what is changed or deleted, mode and id as they were: `100644 ID`. */
  readonly before: ReadonlyMap<string, string>
  /** The same of what is added or changed, as it will be. */
  readonly after: ReadonlyMap<string, string>
}

export async function treeChanges(user: GitOptions, from: string, to: string): Promise<TreeChanges> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff', from, to]
  return parseTreeChanges((await gitOrThrow(args, user)).stdout)
}

/** Parses `diff-tree -r -z --raw --no-renames`: `:MODE MODE ID ID LETTER`, then the path. Pure. */
function parseTreeChanges(output: string): TreeChanges {
  const fields = zeroSeparated(output)
  const added: string[] = []
  const changed: string[] = []
  const deleted: string[] = []
  const before = new Map<string, string>()
  const after = new Map<string, string>()
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = '', status] = (fields[index] ?? '').slice(1).split(' ')
    const path = fields[index + 1] ?? ''
    if (status !== 'D') after.set(path, `${newMode} ${newId}`)
    if (status === 'A') {
      added.push(path)
      continue
    }
    before.set(path, `${oldMode} ${oldId}`)
    if (status === 'D') deleted.push(path)
    else changed.push(path)
  }
  return { added, changed, deleted, before, after }
}
