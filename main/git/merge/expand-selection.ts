import { AppError } from '../../core/failure.ts'
import type { Selection } from '../../core/merge/merge.ts'
import { type GitOptions, gitText } from '../process/git.ts'

/**
 * The selection with whole ids, in the commits' own order; undefined when it takes all of them as they are.
 * @throws AppError('argument-invalid') for an id that means none of the task's commits, or several.
 */
export async function expandSelection(
  {
    repoPath,
    startCommit,
    commit,
  }: { readonly repoPath: string; readonly startCommit: string; readonly commit: string },
  { only, messages = {} }: Selection,
  signal?: AbortSignal,
): Promise<Selection | undefined> {
  const user: GitOptions = { cwd: repoPath, trust: 'user' }
  const args = ['rev-list', '--reverse', '--topo-order', '--no-merges', commit, `^${startCommit}`]
  const ids = (await gitText(args, user, signal)).split('\n').filter(Boolean)
  const expand = (short: string): string => {
    const found = /^[0-9a-f]{4,}$/.test(short) ? ids.filter((id) => id.startsWith(short)) : []
    const [id] = found
    if (id !== undefined && found.length === 1) return id
    throw new AppError(
      'argument-invalid',
      `${short.slice(0, 80)} is ${id ? 'several' : 'none'} of the task's commits`,
      {
        hint: 'Name commits that the review shows',
      },
    )
  }
  const taken = only && new Set(only.map(expand))
  if (taken?.size === 0) {
    throw new AppError('argument-invalid', 'No commit is chosen', { hint: 'Choose some, or reject the task' })
  }
  const texts = Object.entries(messages).map(([id, text]) => [expand(id), requireMessage(text)] as const)
  const all = !taken || taken.size === ids.length
  if (all && texts.length === 0) return undefined
  return {
    ...(!all && { only: ids.filter((id) => taken.has(id)) }),
    ...(texts.length > 0 && { messages: Object.fromEntries(texts) }),
  }
}

function requireMessage(text: string): string {
  if (text.trim() === '' || text.includes('\0')) {
    throw new AppError('argument-invalid', 'A commit needs a message of plain text', { hint: 'Say what it does' })
  }
  return text.endsWith('\n') ? text : `${text}\n`
}
