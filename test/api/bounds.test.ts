import { expect, test } from 'vitest'
import { runTask } from '../../main/api/operations/run-task.ts'
import { waitNextEvent } from '../../main/api/operations/wait-next-event.ts'
import { commandLine } from '../../main/commands/declarations/command-line.ts'
import { processTerminal } from '../../main/commands/terminal/terminal.ts'
import { bounds } from '../../main/core/bounds.ts'
import { changeSettings } from '../../main/settings/settings.ts'
import { requestSchemaOf } from '../../main/web/control-requests.ts'
import { requestSchemas } from '../../main/window/requests.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** Whether a door takes the figure. */
type Door = (figure: number) => boolean

const { commands } = commandLine(processTerminal('/nowhere'))

const option =
  (word: string, flag: string): Door =>
  (figure) => {
    const found = commands.find((command) => command.name() === word)?.options.find(({ long }) => long === flag)
    if (!found?.parseArg) throw new Error(`${word} has no ${flag} that is parsed`)
    try {
      found.parseArg(String(figure), undefined)
      return true
    } catch {
      return false // Commander's own refusal, which is what is asked here.
    }
  }

const task = { description: 'Greet', repo: 'project' }
const tool =
  (field: string): Door =>
  (figure) =>
    runTask.input.safeParse({ ...task, [field]: figure }).success
const control =
  (field: string): Door =>
  (figure) =>
    requestSchemaOf(runTask).safeParse({ ...task, [field]: figure }).success
const page =
  (field: string): Door =>
  (figure) =>
    requestSchemas.runTask.safeParse({ ...task, [field]: figure }).success

const setting =
  (home: string, name: 'taskTimeoutMs' | 'maxCostUsd' | 'maxTokens'): Door =>
  (figure) => {
    try {
      return changeSettings(home, { [name]: figure })[name] === figure
    } catch {
      return false // The refusal that is asked for here.
    }
  }

const doorsOf = (field: string, word: string) => ({
  'the tool': tool(field),
  'the control API': control(field),
  'the window': page(word),
  'the command line': option('run', `--${field.replaceAll('_', '-')}`),
})

const figures = [
  { name: 'priority', bound: bounds.priority, step: 1, doors: doorsOf('priority', 'priority') },
  { name: 'time limit', bound: bounds.taskTimeoutMs, step: 1, doors: doorsOf('timeout_ms', 'timeoutMs') },
  { name: 'cost limit', bound: bounds.costUsd, step: 0.001, doors: doorsOf('max_cost_usd', 'maxCostUsd') },
  { name: 'token limit', bound: bounds.tokens, step: 1, doors: doorsOf('max_tokens', 'maxTokens') },
  {
    name: 'wait',
    bound: bounds.waitMs,
    step: 1,
    doors: {
      'the tool': (figure: number) => waitNextEvent.input.safeParse({ timeout_ms: figure }).success,
      'the command line': option('wait', '--timeout-ms'),
    },
  },
]

test.for(figures)(
  'every door takes a $name from the least to the most, and nothing beyond',
  ({ bound, step, doors }) => {
    const asked = [bound.least, bound.most, bound.least - step, bound.most + step]
    for (const [name, takes] of Object.entries<Door>(doors)) {
      expect(asked.map(takes), name).toEqual([true, true, false, false])
    }
  },
)

test('the settings take the limits of a task from the same least on', async () => {
  const home = await temporaryFolder()
  const limits = [
    [setting(home, 'taskTimeoutMs'), bounds.taskTimeoutMs, 1],
    [setting(home, 'maxCostUsd'), bounds.costUsd, 0.001],
    [setting(home, 'maxTokens'), bounds.tokens, 1],
  ] as const
  for (const [takes, { least, most }, step] of limits) {
    expect([takes(least), takes(most), takes(least - step)]).toEqual([true, true, false])
  }
  expect(setting(home, 'taskTimeoutMs')(bounds.taskTimeoutMs.most + 1)).toBe(false)
})
