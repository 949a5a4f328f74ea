/** Two histories that collide, as the agent that brings them together is told of them. */
export interface BothSides {
  readonly branch: string
  /** The text of the task whose work does not merge. */
  readonly description: string
  /** Subjects, oldest first. */
  readonly taskCommits: readonly string[]
  readonly branchCommits: readonly string[]
  /** Paths that collide, as far as known. */
  readonly files: readonly string[]
}

const longestDescription = 60_000
const mostLines = 100
const longestLine = 300

/** The text of a task that resolves another one's conflicts. Pure. */
export function resolveText({ branch, description, taskCommits, branchCommits, files }: BothSides): string {
  const cut =
    description.length > longestDescription ? `${description.slice(0, longestDescription)}\n[cut]` : description
  const text = `The work of an earlier task does not merge with ${branch}, and you are to bring the two together.

This repository is in the middle of a rebase of that work onto ${branch}: git status shows what collides, git log ORIG_HEAD what is
being rebased, and HEAD is what it is put onto. Settle each conflict so that both sides keep what they meant to do, not by dropping one
of them; then git add the files and git rebase --continue, until the rebase is done. Do not abort or skip, keep the commits and their
messages, change nothing else, and leave no conflict markers. When it is done, see that the project still builds and its tests pass, and
commit what they needed to be mended.

Files that collide first:
${list(files)}
What the task had been told:
${cut
  .split('\n')
  .map((line) => `> ${line}`)
  .join('\n')}

Its commits, oldest first:
${list(taskCommits)}
Commits on ${branch} since the task began, oldest first:
${list(branchCommits)}`
  return text.toWellFormed() // A cut may have gone through a character.
}

function list(lines: readonly string[]): string {
  if (lines.length === 0) return '(none)\n'
  const more = lines.length > mostLines ? `- and ${lines.length - mostLines} more\n` : ''
  return `${lines
    .slice(0, mostLines)
    .map((line) => `- ${line.slice(0, longestLine)}\n`)
    .join('')}${more}`
}
