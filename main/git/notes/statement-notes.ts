import { type GitOptions, gitOrThrow, gitQuickly } from '../process/git.ts'

/** Where statements lie in a repository; `git log --notes=microvm-orchestrator` shows them, and a push that names it takes them along. */
const notesRef = 'refs/notes/microvm-orchestrator'

const noteBytes = 1_000_000

const identity = {
  GIT_AUTHOR_NAME: 'microvm-orchestrator',
  GIT_AUTHOR_EMAIL: 'microvm-orchestrator@localhost',
  GIT_COMMITTER_NAME: 'microvm-orchestrator',
  GIT_COMMITTER_EMAIL: 'microvm-orchestrator@localhost',
}

const userOf = (repoPath: string): GitOptions => ({ cwd: repoPath, trust: 'user' })

/** Puts the text on the commit, in place of what stood there. One call at a time for a repository. */
export async function writeNote(repoPath: string, commit: string, text: string, signal?: AbortSignal): Promise<void> {
  const options = { ...userOf(repoPath), env: identity, input: text }
  await gitOrThrow(['notes', `--ref=${notesRef}`, 'add', '--force', '--file=-', commit], options, signal)
}

/** What stands on the commit, by whomever; null where nothing does. @throws OutputTooLarge for a text beyond a megabyte. */
export async function readNote(repoPath: string, commit: string, signal?: AbortSignal): Promise<string | null> {
  const options = { ...userOf(repoPath), outputLimitBytes: noteBytes }
  const { exitCode, stdout } = await gitQuickly(['notes', `--ref=${notesRef}`, 'show', commit], options, signal)
  return exitCode === 0 ? Buffer.from(stdout, 'latin1').toString() : null
}
