import { mkdir } from 'node:fs/promises'
import type { TaskEnvironment } from '../../core/environment/environment.ts'
import { wipSubject } from '../../core/merge/merge.ts'
import { type CheckPolicy, checkTimeoutMs } from '../../core/merge/merge-policy.ts'
import { ownCheck } from '../../core/merge/own-check.ts'
import { choiceVariables } from '../../core/task/agent-choice.ts'
import { leftMergedFiles } from '../../core/task/continued-task.ts'
import { isSession } from '../../core/task/session.ts'
import { firstText, nextPromptId, nextText, toldSoFar } from '../../core/task/story.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { type FlakeFiles, readFlakeFiles } from '../../environment/flake-files.ts'
import { environmentFolder } from '../../environment/kept-environment.ts'
import { placeGuestFile } from '../../lib/guest/guest-file.ts'
import { shareNames, type TaskFiles } from '../record/task-files.ts'
import type { Assignment } from '../slots/provisions.ts'

/** What the guest of a task reads, before it is written: the variables of its environment file, and the texts of the others by their names. */
export interface ShareContents {
  readonly variables: Readonly<Record<string, string>>
  readonly texts: ReadonlyMap<string, string>
}

/** @throws AppError('environment-invalid') when the flake that the task is to work in is gone. */
export async function shareContents(task: Task, assignment: Assignment): Promise<ShareContents> {
  const session = sessionToResume(task)
  const merged = mergedLeftoversOf(task)
  const budget = budgetLeft(task)
  const check = ownCheck(task)
  const prompt = nextPromptId(task)
  const told = toldSoFar(task)
  const environmentFiles = await environmentFilesOf(task)
  const variables = {
    ...assignment.variables,
    ...choiceVariables(task.agent ?? {}),
    ...commonVariables(task, assignment),
    ...(assignment.idleBackgroundMs != null && {
      MICROVM_IDLE_BACKGROUND_SECONDS: String(Math.ceil(assignment.idleBackgroundMs / 1000)),
    }),
    ...(check && checkVariables(check)),
    ...(budget !== null && { MICROVM_MAX_BUDGET_USD: String(budget) }),
    ...(session !== null && { MICROVM_RESUME_SESSION: session.resume }),
    ...(session?.copy !== undefined && { MICROVM_FORK_SESSION: session.copy }),
    ...(task.fork && { MICROVM_FORK_OF: task.fork.task, MICROVM_TASK_ID: task.id }),
    ...(prompt !== null && { MICROVM_PROMPT_ID: prompt }),
    ...(task.holdMs !== undefined && { MICROVM_HOLD_SECONDS: String(Math.ceil(task.holdMs / 1000)) }),
    ...(merged !== null && { MICROVM_WIP_SUBJECT: wipSubject(merged) }),
  }
  const text = nextText(task)
  const claudeFiles = (assignment.claudeHome?.files ?? []).map(
    ({ path, text: content, executable }) => `${executable ? 'x' : '-'}${path}\0${content}\0`,
  )
  const texts = new Map([[shareNames.description as string, firstText(task)]])
  if (text !== undefined) texts.set(shareNames.continuation, text)
  if (told.length > 0) texts.set(shareNames.told, told.map((one) => `${JSON.stringify(one)}\n`).join(''))
  if (environmentFiles !== null) texts.set(shareNames.environmentFiles, asGuestReads(environmentFiles))
  if (claudeFiles.length > 0) texts.set(shareNames.claudeFiles, claudeFiles.join(''))
  texts.set(shareNames.startRef, `${task.startCommit}\n`)
  texts.set(shareNames.key, assignment.key.value)
  return { variables, texts }
}

/**
 * Lays down the files that the guest reads. The key is a file of its own, so that it can be taken away at once. A machine may be waiting in
 * the share: single names are replaced, and nothing else is touched.
 * @throws AppError('boot-failed') when the guest keeps a name from being replaced.
 */
export async function placeContents({ share }: Pick<TaskFiles, 'share'>, contents: ShareContents): Promise<void> {
  await mkdir(share, { recursive: true, mode: 0o700 })
  const texts = [...contents.texts, [shareNames.environment, asEnvironment(contents.variables)] as const]
  await Promise.all(texts.map(([name, content]) => placeGuestFile(share, name, content)))
}

/** @throws as `shareContents` and `placeContents` do. */
export async function writeShare(files: TaskFiles, task: Task, assignment: Assignment): Promise<void> {
  await placeContents(files, await shareContents(task, assignment))
}

/** What a guest reads that checks a commit and does nothing else: no key, and no task for an agent. The same for every commit. */
export interface CheckShare {
  readonly variables: Readonly<Record<string, string>>
  readonly environmentFiles: FlakeFiles | null
}

/** @throws AppError('environment-invalid') when the flake that the task works in is gone. */
export const checkShareOf = async (task: Task, check: CheckPolicy, assignment: Assignment): Promise<CheckShare> => ({
  variables: {
    ...assignment.variables,
    ...commonVariables(task, assignment),
    ...checkVariables(check),
    MICROVM_CHECK_ONLY: 'yes',
  },
  environmentFiles: await environmentFilesOf(task),
})

/** @throws AppError('boot-failed') when a guest keeps a name from being replaced. */
export async function writeCheckShare(
  { share }: Pick<TaskFiles, 'share'>,
  { variables, environmentFiles }: CheckShare,
  commit: string,
): Promise<void> {
  const place = (name: string, content: string) => placeGuestFile(share, name, content)
  await Promise.all([
    place(shareNames.description, `Check ${commit}\n`),
    place(shareNames.environment, asEnvironment(variables)),
    ...(environmentFiles === null ? [] : [place(shareNames.environmentFiles, asGuestReads(environmentFiles))]),
    place(shareNames.startRef, `${commit}\n`),
  ])
}

const commonVariables = (task: Task, { key, egress }: Assignment) => ({
  MICROVM_KEY_VARIABLE: key.variable,
  MICROVM_NETWORK: egress,
  ...environmentVariables(task),
})

const checkVariables = ({ command, timeoutMs = checkTimeoutMs }: Pick<CheckPolicy, 'command' | 'timeoutMs'>) => ({
  MICROVM_CHECK: command,
  MICROVM_CHECK_SECONDS: String(Math.ceil(timeoutMs / 1000)),
})

const asEnvironment = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('')

/**
 * The task whose files, left uncommitted by its agent, went onto the branch as a commit of the host's that the clone does not have: committed
 * there too before the agent goes on, they merge a second time with nothing to collide with. Null where there are none.
 */
function mergedLeftoversOf({ id, parkings, former, fork }: Task): TaskId | null {
  if (parkings.length === 0) return fork?.hasMergedLeftovers ? fork.task : null
  return parkings.at(-1)?.text !== undefined && former !== null && leftMergedFiles(former) ? id : null
}

/** The flake that stands in place of the repository's, by the paths of its files; null where none does. */
export async function environmentFilesOf({
  environment,
  home,
  repo,
}: Pick<Task, 'environment' | 'home' | 'repo'>): Promise<FlakeFiles | null> {
  const folder = environment && folderOf(environment, environmentFolder(home, repo))
  return folder == null ? null : await readFlakeFiles(folder)
}

const asGuestReads = (files: FlakeFiles): string => [...files].map(([path, text]) => `${path}\0${text}\0`).join('')

function environmentVariables({ environment }: Task): Readonly<Record<string, string>> {
  switch (environment?.kind) {
    case undefined:
      return {}
    case 'plain':
      return { MICROVM_ENVIRONMENT: 'plain' }
    case 'devcontainer':
      return { MICROVM_ENVIRONMENT: 'devcontainer', MICROVM_DEV_CONTAINER_FILE: environment.file }
    default:
      return { MICROVM_ENVIRONMENT: 'given' }
  }
}

const folderOf = (environment: TaskEnvironment, kept: string): string | null =>
  environment.kind === 'folder' ? environment.path : environment.kind === 'tools' ? kept : null

/** In US dollars. Claude Code counts only its own run against it, also when it resumes a session (measured with 2.1.330). */
const budgetLeft = ({ caps, parkings }: Task): number | null =>
  caps?.maxCostUsd == null ? null : Math.max(0.01, caps.maxCostUsd - (parkings.at(-1)?.usage?.costUsd ?? 0))

/** Claude's session that the task goes on with, and the id for a copy of it. A guest said it, so it is only accepted as a UUID. */
function sessionToResume({ parkings, fork }: Task): { readonly resume: string; readonly copy?: string } | null {
  const resume = parkings.at(-1)?.usage?.sessionId ?? ''
  if (isSession(resume)) return { resume }
  return fork ? { resume: fork.session, copy: fork.copy } : null
}
