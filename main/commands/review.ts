import type { AnswerOf } from '../api/operations/all.ts'
import { requireTaskId } from '../api/views.ts'
import { toldPaths } from '../core/bounded-list.ts'
import { AppError } from '../core/failure.ts'
import { diffText } from '../core/merge/diff-text.ts'
import { modeText } from '../core/merge/file-mode.ts'
import { mergePolicyText } from '../core/merge/merge-policy.ts'
import { terminalTextFilter } from '../lib/guest/terminal-text.ts'
import { connectToServer, type ServerConnection } from '../web/client.ts'
import { mergedText } from './remote/merged-text.ts'
import { showChanges } from './show-changes.ts'
import type { Terminal } from './terminal/terminal.ts'

export interface ReviewFlags {
  readonly diff?: boolean
  /** What it has changed so far, while it works. */
  readonly live?: boolean
  readonly accept?: boolean
  readonly acceptCommits?: string
  /** `COMMIT=MESSAGE`, one each. */
  readonly reword?: readonly string[]
  readonly reject?: boolean
  readonly dropRef?: boolean
}

/** Shows what waits at a task's ref, or decides of it. @throws AppError('merge-failed') with the reason when it cannot be merged. */
export async function review(terminal: Terminal, idText: string, flags: ReviewFlags): Promise<void> {
  const id = requireTaskId(idText)
  requireOneWish(flags)
  const server = await connectToServer(terminal.home)
  if (flags.live) return await showChanges(terminal, server, id, flags)
  if (flags.reject) {
    await server.call('reject_task', { task_id: id, drop_ref: flags.dropRef ?? false })
    return terminal.say(
      flags.dropRef ? 'Rejected, and its ref dropped' : `Rejected: its work stays at refs/tasks/${id}`,
    )
  }
  if (flags.accept || flags.acceptCommits !== undefined) return await accept(terminal, server, id, flags)
  const shown = await server.call('review_task', { task_id: id })
  await show(terminal, server, id, shown)
  if (flags.diff) await showDiffs(terminal, server, id, shown)
}

function requireOneWish({ live, accept, acceptCommits, reject, dropRef, reword }: ReviewFlags): void {
  const wishes = [live, accept, acceptCommits !== undefined, reject].filter(Boolean).length
  const refuse = (message: string) => {
    throw new AppError('argument-invalid', message, { hint: 'See microvm-orchestrator review --help' })
  }
  if (wishes > 1) refuse('Choose one of --live, --accept, --accept-commits and --reject')
  if (dropRef && !reject) refuse('--drop-ref goes with --reject')
  if (reword?.length && !accept && acceptCommits === undefined)
    refuse('--reword goes with --accept or --accept-commits')
}

async function accept(
  terminal: Terminal,
  server: ServerConnection,
  task_id: string,
  flags: ReviewFlags,
): Promise<void> {
  const only = flags.acceptCommits?.split(',').map((id) => id.trim())
  const messages = Object.fromEntries((flags.reword ?? []).map(parseReword))
  const merge = await server.call('accept_task', { task_id, ...(only && { only }), messages })
  terminal.say(mergedText(merge))
  if (only && merge.merged) terminal.say(`Commits that were left out stay at refs/tasks/${task_id}`)
}

function parseReword(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new AppError('argument-invalid', 'A new message is given as COMMIT=MESSAGE', {
    hint: "--reword 'ab12cd=Say it better'",
  })
}

type Shown = AnswerOf<'review_task'>

async function show(
  terminal: Terminal,
  server: ServerConnection,
  id: string,
  { commits, files, onBranch, branch, policy, task }: Shown,
): Promise<void> {
  terminal.say(`Task ${id} of ${task.repo}, merged ${mergePolicyText(policy)}: ${task.description}`)
  if (task.merge_result?.merged === false)
    terminal.say(`Waits (${task.merge_result.reason}): ${task.merge_result.detail}`)
  for (const path of task.merge_result?.merged === false ? (task.merge_result.held ?? []) : [])
    terminal.say(`  held  ${path}`)
  const { check } = task.result ?? {}
  if (check) terminal.say(`Its check ended with exit status ${check.exit_code}; its output is in result.json`)
  terminal.say(`Commits, oldest first:`)
  for (const commit of commits) terminal.say(`  ${commit.id.slice(0, 12)}  ${commit.subject}`)
  terminal.say('Files, against where it started:')
  for (const file of files) {
    terminal.say(`  ${fileLine(file)}`)
    for (const line of await leadsTo(server, id, file)) terminal.say(`       ${line}`)
  }
  terminal.say(onBranchText(onBranch, branch))
}

type File = Shown['files'][number]

function fileLine({ path, oldPath, status, added, removed, binary, oldBlob, newBlob }: File): string {
  const letter = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R', 'type-changed': 'T' }[status]
  const mode = modeText(oldBlob.mode, newBlob.mode)
  const lines = binary ? 'binary' : `+${added} -${removed}`
  return `${letter}  ${oldPath === null ? path : `${oldPath} -> ${path}`}  ${lines}${mode === null ? '' : `  (${mode})`}`
}

/** Where a link leads, and the commits of a submodule: one line each says what no count of lines does. */
async function leadsTo(server: ServerConnection, task_id: string, file: File): Promise<readonly string[]> {
  const isSpecial = [file.oldBlob, file.newBlob].some(({ mode }) => mode === '120000' || mode === '160000')
  if (!isSpecial) return []
  const diff = await server.call('review_file', { task_id, path: file.path })
  if (diff.kind !== 'text') return [diffText(diff).trim()]
  return diff.hunks.flatMap(({ lines }) =>
    lines.filter(({ kind }) => kind !== ' ').map(({ kind, text }) => `${kind} ${text}`),
  )
}

function onBranchText(onBranch: Shown['onBranch'], branch: string | null): string {
  if (onBranch.kind === 'merged') return `It merges with ${branch} as it is now: ${onBranch.result.length} files change`
  if (onBranch.kind === 'conflicts') return `It collides with ${branch} as it is now: ${toldPaths(onBranch).join(', ')}`
  return onBranch.why === 'branch_gone'
    ? 'Its branch is gone'
    : `Its merge commits cannot be put onto ${branch} one by one`
}

async function showDiffs(
  terminal: Terminal,
  server: ServerConnection,
  task_id: string,
  { files }: Shown,
): Promise<void> {
  const safe = terminalTextFilter()
  for (const file of files) {
    const diff = await server.call('review_file', { task_id, path: file.path })
    const banner = diff.kind === 'text' && diff.hidden ? 'This file has hidden characters, shown as ⟪U+...⟫\n' : ''
    const mode = modeText(file.oldBlob.mode, file.newBlob.mode)
    await terminal.write(safe(`\n${file.path}${mode === null ? '' : ` (${mode})`}\n${banner}${diffText(diff)}`))
  }
}
