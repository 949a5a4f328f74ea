import type { IncomingMessage, ServerResponse } from 'node:http'
import type { z } from 'zod'
import { AppError, defect, type Failure, type FailureCode, toFailure } from '../core/failure.ts'
import { mergeView } from '../core/task/view.ts'
import { isLoopback } from '../lib/addresses.ts'
import { isAuthorized } from '../lib/http/bearer.ts'
import type { Handler } from '../lib/http/http-listener.ts'
import { type Fate, fateOf, readJsonBody, sendJson } from '../lib/http/http-message.ts'
import type { Log } from '../lib/log.ts'
import {
  eventView,
  logPaths,
  repositoryViews,
  requireTaskId,
  slotsView,
  taskInfo,
  taskSummary,
} from '../tasks/answers.ts'
import type { Tasks } from '../tasks/contract.ts'
import { settle, waitNextEvent } from '../tasks/events/wait-next-event.ts'
import { runOptions } from '../tasks/run-options.ts'
import { type ControlAnswers, type ControlVerb, controlRequests } from './control-contract.ts'

export interface ControlApiOptions {
  readonly tasks: Tasks
  /** What the caller must show as `Authorization: Bearer TOKEN`. */
  readonly token: string
  readonly version: string
  readonly log: Log
}

const bodyLimitBytes = 4 * 1024 * 1024

/**
 * `POST /api/VERB` with a JSON body, for the command line of the same user, who counts as a person: only the user reads the token, and `GET /api/hello` for anybody on this host.
 * @returns the handler for the route `/api/`.
 */
export function createControlApi({ tasks, token, version, log }: ControlApiOptions): Handler {
  return async (request, response) => {
    const verb = pathOf(request).slice('/api/'.length)
    if (verb === 'hello' && request.method === 'GET' && isLoopback(request.socket.remoteAddress ?? '')) {
      return sendJson(response, 200, { name: 'microvm-orchestrator', version, pid: process.pid })
    }
    if (!isAuthorized(request.headers, token))
      return refuse(response, 401, 'argument-invalid', 'The token is missing or wrong')
    if (!isVerb(verb)) return refuse(response, 404, 'argument-invalid', 'There is no such call')
    if (request.method !== 'POST') return refuse(response, 405, 'argument-invalid', 'Calls are made by POST')

    const body = await readJsonBody(request, bodyLimitBytes)
    if (body.kind === 'too-large') return refuse(response, 413, 'argument-invalid', 'The request is too large')
    if (body.kind === 'malformed') return refuse(response, 400, 'argument-invalid', 'The request is no JSON')
    const fate = fateOf(response)
    try {
      sendJson(response, 200, await call(verb, body.value, tasks, fate))
    } catch (error) {
      if (fate.lost.aborted) return
      if (!(error instanceof AppError)) log.error('a call failed', { verb, reason: String(error) })
      const failure = error instanceof AppError ? toFailure(error) : defect
      sendJson(response, failure.code === 'internal' ? 500 : 400, { error: failure })
    }
  }
}

type Call<Verb extends ControlVerb> = (
  request: z.output<(typeof controlRequests)[Verb]>,
  tasks: Tasks,
  fate: Fate,
) => Promise<ControlAnswers[Verb]>

const calls: { readonly [Verb in ControlVerb]: Call<Verb> } = {
  run_task: async ({ description, repo, client, ...options }, tasks) => {
    const owner = client === undefined ? {} : { owner: consumerName(client) }
    if (client !== undefined) await tasks.events.join(consumerName(client), { durable: true })
    return { task_id: await tasks.run({ description, repo, ...owner, ...runOptions(options) }) }
  },
  get_task_info: async ({ task_id }, tasks) => taskInfo(await tasks.get(requireTaskId(task_id)), tasks),
  get_task_logs: ({ task_id }, tasks) => logPaths(requireTaskId(task_id), tasks),
  wait_next_event: async ({ client, timeout_ms: timeoutMs, after }, tasks, { lost, flushed }) => {
    const consumer = await tasks.events.join(consumerName(client), { durable: true })
    const options = { timeoutMs, tickMs: 10_000, ...(after !== undefined && { after }) }
    const waited = await waitNextEvent(tasks, consumer, options, lost)
    if (waited.kind === 'timeout') return { timeout: true }
    if (waited.kind === 'no-running-tasks') return { no_running_tasks: true }
    const { delivery } = waited
    settle(delivery, flushed)
    return eventView(delivery)
  },
  cancel_task: async ({ task_id }, tasks) => {
    await tasks.cancel(requireTaskId(task_id))
    return { success: true }
  },
  merge_task: async ({ task_id }, tasks) => {
    const id = requireTaskId(task_id)
    return mergeView(id, await tasks.merge(id, 'person'))
  },
  review_task: async ({ task_id }, tasks) => {
    const id = requireTaskId(task_id)
    return { ...(await tasks.reviews.look(id)), task: taskInfo(await tasks.get(id), tasks) }
  },
  review_file: ({ task_id, path }, tasks) => tasks.reviews.diff(requireTaskId(task_id), path, { kind: 'start' }),
  accept_task: async ({ task_id, commits, messages }, tasks) => {
    const id = requireTaskId(task_id)
    return mergeView(id, await tasks.reviews.accept(id, { messages, ...(commits && { only: commits }) }))
  },
  reject_task: async ({ task_id, drop_ref: dropRef }, tasks) => {
    await tasks.reviews.reject(requireTaskId(task_id), { dropRef })
    return { success: true }
  },
  resolve_task: async ({ task_id, client, queue }, tasks) => {
    const owner = client === undefined ? {} : { owner: consumerName(client) }
    const id = await tasks.resolve(requireTaskId(task_id), { ...owner, ...(queue !== undefined && { queue }) })
    return { task_id: id }
  },
  cleanup_task: async ({ task_id, delete_ref: deleteRef }, tasks) => {
    await tasks.cleanup(requireTaskId(task_id), { deleteRef, by: 'person' })
    return { success: true }
  },
  list_repos: async (_request, tasks) => ({
    repos: repositoryViews(await tasks.repositories(), await tasks.list()),
  }),
  list_tasks: async (_request, tasks) => ({
    tasks: (await tasks.list()).map((task) => taskSummary(task, tasks.queuePosition(task.id))),
  }),
  usage: (_request, tasks) => tasks.usage(),
  prune: ({ dry_run: dryRun, keep_days: keepDays, max_gib: maxGiB }, tasks) =>
    tasks.prune({
      by: 'person',
      dryRun,
      ...(keepDays !== undefined && { keepDays }),
      ...(maxGiB !== undefined && { maxGiB }),
    }),
  list_slots: async (_request, tasks) => slotsView(tasks.slots(), await tasks.warnings()),
}

/** The consumer that a client's name means; an MCP client of the same name is the same consumer. */
const consumerName = (client: string): string => `client:${client}`

function call<Verb extends ControlVerb>(
  verb: Verb,
  body: unknown,
  tasks: Tasks,
  fate: Fate,
): Promise<ControlAnswers[Verb]> {
  const parsed = controlRequests[verb].safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new AppError('argument-invalid', `${issue?.path.join('.') || 'The request'}: ${issue?.message ?? 'invalid'}`)
  }
  const run: Call<Verb> = calls[verb]
  return run(parsed.data as z.output<(typeof controlRequests)[Verb]>, tasks, fate)
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/'

const isVerb = (name: string): name is ControlVerb => Object.hasOwn(controlRequests, name)

function refuse(response: ServerResponse, status: number, code: FailureCode, message: string): void {
  const error: Failure = { code, message }
  sendJson(response, status, { error }, status === 405 ? { allow: 'POST' } : {})
}
