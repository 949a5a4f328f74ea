import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryViews } from '../../../main/api/views.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { GuestLines } from '../../../main/tasks/attach/guest-lines.ts'
import { filesOf, taskFiles } from '../../../main/tasks/record/task-files.ts'
import { TaskRecord } from '../../../main/tasks/record/task-record.ts'
import { BeginProgress } from '../../../main/tasks/run/begin-progress.ts'
import { ClosingMachines } from '../../../main/tasks/run/closing-machines.ts'
import { HostClock } from '../../../main/tasks/run/host-clock.ts'
import { superviseToEnd } from '../../../main/tasks/run/supervise-to-end.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { processDriver } from '../../support/machines/process-driver.ts'
import {
  type OrchestratorSetup,
  registeredRepository,
  startOrchestrator,
  untilEnded,
} from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Of `expect.poll`, which gives up after a second otherwise: the test's own time limit is the only one. */
const patience = { timeout: 300_000 }

async function place(setup: Pick<OrchestratorSetup, 'guest' | 'limits'>) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  return { root, repo, start: () => startOrchestrator({ root, ...setup }) }
}

const draft = 'touch $SHARE/started; cd $REPO; echo draft > draft.txt;'
const message = (id: string, tokens: number) =>
  JSON.stringify({
    type: 'assistant',
    message: {
      id,
      usage: { input_tokens: tokens, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
    },
  })
const says = (...lines: string[]) => lines.map((line) => `echo '${line}' >> $SHARE/claude-stream.jsonl;`).join(' ')

test('a task that takes more tokens than it may is stopped while it works, its draft kept; a repeated message counts once', async () => {
  const guest = `${draft} ${says(message('a', 60), message('a', 60))} until [ -e $HOME/more ]; do sleep 0.05; done; ${says(message('b', 60))} sleep 600`
  const { root, repo, start } = await place({ guest })
  await using setup = await start()
  const id = await setup.orchestrator.run({ description: 'work', repo: 'project', caps: { maxTokens: 100 } })
  await expect.poll(async () => (await setup.orchestrator.get(id)).state.phase, patience).toBe('working')
  await writeFile(join(root, 'run', id, 'more'), '')
  const task = await untilEnded(setup.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'token-limit' } } })
  expect(taskView(task).error).toMatch(/limit of 100 tokens: it took 120/)
  expect(await gitIn(repo, ['show', `refs/tasks/${id}:draft.txt`])).toBe('draft')
})

test('a task that says nothing for too long is stopped; one that goes on talking is not', async () => {
  const talk = 'for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $n; sleep 0.25; done;'
  const { repo, start } = await place({ guest: `${draft} ${talk} sleep 600`, limits: { silenceTimeoutMs: 1500 } })
  await using setup = await start()
  const id = await setup.orchestrator.run({ description: 'work', repo: 'project' })
  const task = await untilEnded(setup.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'silent' } } })
  expect(await gitIn(repo, ['show', `refs/tasks/${id}:draft.txt`])).toBe('draft')
  // The stop did not come before the talk was over.
  expect(await readFile(taskFiles(setup.home, id).console, 'utf8')).toMatch(/^12$/m)
})

test('the caller’s time limit goes before the setting, and a restart gives the task no new time', async () => {
  const { root, start } = await place({ guest: `${draft} sleep 600` })
  const first = await start()
  const id = await first.orchestrator.run({ description: 'work', repo: 'project', caps: { timeoutMs: 3_600_000 } })
  await expect.poll(async () => (await first.orchestrator.get(id)).state.phase, patience).toBe('working')
  const task = await first.orchestrator.get(id)
  const { machine } = task
  if (!machine) throw new Error('The task has no machine')
  await first[Symbol.asyncDispose]()

  // As if the machine had started an hour before it did, by the clock that counts from boot.
  const adopted = await processDriver(join(root, 'run'), '').adopt(machine)
  if (!adopted) throw new Error('The machine is gone')
  const files = filesOf(task)
  const startTime = String(Number(machine.startTime) - 3_600 * 100)
  const content = await readFile(files.events, 'utf8')
  await writeFile(files.events, content.replaceAll(`"startTime":"${machine.startTime}"`, `"startTime":"${startTime}"`))
  await using record = await TaskRecord.open(task, { onChange: () => undefined })
  expect(record.task.machine?.startTime).toBe(startTime)
  const limits = {
    cpus: 1,
    memoryMiB: 64,
    bootTimeoutMs: 60_000,
    taskTimeoutMs: 8 * 3_600_000,
    powerOffTimeoutMs: 500,
  }
  const driver = processDriver(join(root, 'run'), '')
  const context = {
    home: first.home,
    driver,
    beginProgress: new BeginProgress(driver),
    log: silentLog,
    clock: new HostClock(silentLog),
    lines: new GuestLines(silentLog),
    limits,
    repositories: { list: async () => [] },
    events: first.events,
  }
  const { signal } = new AbortController()
  const closing = new ClosingMachines(silentLog)
  const followed = { context, record, closing, secret: '', stop: signal, detach: signal }
  expect(await superviseToEnd(followed, adopted)).toBe('finished')
  expect(record.task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'timed-out' } } })
  expect(taskView(record.task).error).toMatch(/time limit of 60 min/)
})

test('an agent that stops at its budget is told as the cost limit, and the repository’s costs are summed', async () => {
  const end =
    '{"type":"result","subtype":"error_max_budget_usd","total_cost_usd":0.52,"num_turns":3,"session_id":"s","usage":{}}'
  const result =
    '{"success":false,"summary":"","files_changed":[],"error":"Claude stopped early: error_max_budget_usd"}'
  const guest = `sleep 0.5; ${draft} tr '\\0' '\\n' < $SHARE/environment | grep -q '^MICROVM_MAX_BUDGET_USD=0.5$' || exit 9; ${says(end)} echo '${result}' > $SHARE/result.json`
  const { repo, start } = await place({ guest, limits: { maxCostUsd: 0.5 } })
  await using setup = await start()
  const { orchestrator } = setup
  for (const description of ['one', 'two']) {
    const id = await orchestrator.run({ description, repo: 'project' })
    const task = await untilEnded(orchestrator, id)
    expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'cost-limit' } } })
    expect(taskView(task)).toMatchObject({
      error: expect.stringMatching(/cost limit of \$0\.5: it cost \$0\.52/),
      result: { cost_usd: 0.52, turns: 3 },
    })
    expect(await gitIn(repo, ['show', `refs/tasks/${id}:draft.txt`])).toBe('draft')
  }
  expect(repositoryViews(await orchestrator.repositories(), await orchestrator.totals())).toMatchObject([
    { alias: 'project', tasks: 2, cost_usd: 1.04 },
  ])
})
