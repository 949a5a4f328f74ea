import { requireTaskId } from '../../api/views.ts'
import { resolverSteps } from '../../core/merge/conflict-resolver.ts'
import { taskRef } from '../../core/merge/merge.ts'
import type { Prompt } from '../prompt.ts'

export const resolveConflicts: Prompt = {
  name: 'resolve_conflicts',
  title: "Resolve a task's conflicts",
  description: 'Brings the work of a task that did not merge onto its branch, here, with you',
  arguments: [{ name: 'task_id', description: 'The task whose work waits at refs/tasks/ID', required: true }],
  async text({ task_id = '' }, tasks) {
    const task = await tasks.get(requireTaskId(task_id.trim()))
    const { id, repo, repoPath, branch, merge, description } = task
    const why =
      merge?.kind === 'unmerged'
        ? `Reason: ${merge.reason}. ${merge.detail}.${merge.files.length > 0 ? `\nFiles: ${merge.files.join(', ')}` : ''}`
        : merge
          ? 'Its work is on the branch already, or it left none: there may be nothing to do.'
          : 'It has not come to a merge yet: wait for its end first.'
    return `Bring the work of task ${id} onto its branch.

ID: ${id}, at ${taskRef(id)}
Repository: ${repo}, ${repoPath}
BRANCH: ${branch ?? 'none, it started from a detached HEAD: ask the user'}
${why}
What the task was told:
${quoted(description)}

${resolverSteps}`
  },
}

const quoted = (text: string): string =>
  text
    .slice(0, 20_000)
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')
