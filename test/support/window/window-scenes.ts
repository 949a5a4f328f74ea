import type { SlotId, TaskId } from '../../../main/core/task/task.ts'
import { allSlots } from '../../../main/core/task/task.ts'
import type { Host, Setup } from '../../../preload/host.ts'
import type { RepositoryRow, RowState, Snapshot, StepLine, TaskRow } from '../../../preload/live-state.ts'
import type { ShownSettings } from '../../../preload/settings.ts'
import type { Scene } from './window-host.ts'
import { clampStory, sceneTime, story } from './window-story.ts'

const before = (seconds: number): string => new Date(Date.parse(sceneTime) - seconds * 1000).toISOString()

const size = { cpus: 8, memoryMiB: 24_576 }
const web: Host = { kind: 'web', platform: 'linux', version: '0.1.0', size, startAtLogin: null }
const desktop: Host = { kind: 'desktop', platform: 'darwin', version: '0.1.0', size, startAtLogin: 'off' }

const settings: ShownSettings = {
  atNextStart: {},
  port: 8765,
  egress: 'open',
  memoryMiB: 4096,
  cpus: 4,
  warmMachines: 0,
  queuePaused: false,
  queue: true,
  taskTimeoutMs: 3_600_000,
  maxCostUsd: 5,
  maxTokens: null,
  silenceTimeoutMs: null,
  minFreeGiB: 5,
  pruneAfterDays: 14,
  onQuit: 'leave',
  resolveConflicts: 'ask',
  runsPerMinute: 60,
  privateNetworks: false,
  serverTools: 'refuse',
  asAtHome: [],
  guest: 'auto',
  guestImage: null,
  bootTimeoutMs: 300_000,
  powerOffTimeoutMs: 20_000,
  idleBackgroundMs: 300_000,
  onUsageLimit: 'park',
  heldPaths: [],
  trailers: true,
  tasksFolder: null,
  linkClones: false,
  theme: 'system',
  notifyCompleted: true,
  notifyFailed: true,
  notifyConflicts: true,
  notifyParked: true,
  notifyWarnings: true,
  notifySound: true,
  quickEntryKeys: 'CommandOrControl+Alt+Shift+N',
  updates: 'stable',
  keepAwake: true,
}

const setup: Setup = {
  problems: [],
  token: 'stored',
  mcpUrl: 'http://127.0.0.1:8765/mcp',
  mcpCommand: 'claude mcp add --transport http --scope user microvm http://127.0.0.1:8765/mcp',
}

const emptySnapshot: Snapshot = {
  seq: 0,
  tasks: [],
  olderTasks: 0,
  slots: allSlots.map((slot) => ({ slot, taskId: null, warmFor: [], machineFor: null })),
  repositories: [],
  clients: [],
  address: '127.0.0.1:8765',
  warnings: [],
  settings,
}

const nothing = { details: {}, consoles: {}, steps: {}, changes: {}, diffs: {} }

export const idOf = (number: number): TaskId => number.toString(16).padStart(8, '0') as TaskId

const waiting: Pick<TaskRow, 'ref' | 'startedAt' | 'finishedAt' | 'live' | 'usage'> = {
  ref: null,
  startedAt: null,
  finishedAt: null,
  live: null,
  usage: null,
}

type Active = Exclude<RowState['phase'], 'queued' | 'parked' | 'waiting' | 'finished'>

/** `Read src/a.ts` of a tool, `✗ Bash npm test` where it failed; any other is said. The last one runs. */
const stepsOf = (lines: readonly string[]): readonly StepLine[] =>
  lines.map((line, index) => {
    const failed = line.startsWith('✗ ')
    const [, tool = null, subject = line] = /^(?:✗ )?(Read|Write|Edit|Bash|Grep|WebFetch) (.*)$/.exec(line) ?? []
    const runs = tool !== null && index === lines.length - 1
    return { tool, text: subject, state: failed ? 'failed' : runs ? 'running' : 'done' }
  })

export function runningTask(
  slot: number,
  phase: Active,
  title: string,
  repo: string,
  last: string | readonly string[],
  [seconds, tokens, costUsd]: readonly [number, number, number | null],
): TaskRow {
  return {
    ...waiting,
    id: idOf(0x7f3a_0000 + slot),
    title,
    repo,
    state: { phase, slot: slot as SlotId },
    createdAt: before(seconds + 1),
    startedAt: before(seconds),
    live: {
      ...{ lastLine: [last].flat().at(-1) ?? '', tokens, costUsd },
      steps: stepsOf(typeof last === 'string' ? [] : last),
    },
  }
}

type Finished = Extract<RowState, { phase: 'finished' }>

export function finishedTask(
  number: number,
  title: string,
  repo: string,
  end: Partial<Finished> & Pick<Finished, 'outcome'>,
  [agoSeconds, seconds, tokens, costUsd]: readonly [number, number, number, number],
): TaskRow {
  const id = idOf(number)
  const keeps = end.outcome === 'unmerged' || end.outcome === 'failed' || end.outcome === 'cancelled'
  return {
    id,
    title,
    repo,
    state: {
      phase: 'finished',
      slot: ((number % 10) + 1) as SlotId,
      reason: null,
      detail: end.outcome === 'merged' ? '2 commits on main' : '',
      files: [],
      fileCount: end.files?.length ?? 0,
      ...end,
    },
    ref: keeps ? `refs/tasks/${id}` : null,
    createdAt: before(agoSeconds + seconds + 5),
    startedAt: before(agoSeconds + seconds),
    finishedAt: before(agoSeconds),
    live: null,
    usage: { costUsd, inputTokens: tokens - 2_000, outputTokens: 2_000, turns: 14, sessionId: null },
  }
}

const queuedTask = (position: number, title: string, repo: string): TaskRow => ({
  ...waiting,
  id: idOf(0x1000 + position),
  title,
  repo,
  state: { phase: 'queued', position, blocked: null },
  createdAt: before(600 - position),
})

const repository = (alias: string, path: string, more: Partial<RepositoryRow> = {}): RepositoryRow => ({
  alias,
  path,
  added: before(40 * 86_400),
  branch: 'main',
  problem: null,
  environment: { kind: 'auto' },
  egress: null,
  mergePolicy: { kind: 'auto' },
  tasks: 12,
  costUsd: 8.4,
  lastTask: null,
  ...more,
})

const ten: readonly TaskRow[] = [
  runningTask(
    1,
    'working',
    'Add retry with backoff to the webhook sender',
    'billing-api',
    [
      'Edit src/webhooks/sender.ts',
      '✗ Bash npm test -- webhooks',
      'The first attempt is counted twice.',
      'Bash npm test -- webhooks',
    ],
    [724, 184_000, 0.84],
  ),
  runningTask(
    2,
    'working',
    'Replace the date picker with the native input',
    'storefront',
    ['Grep DateRange', 'Read src/components/DateRange.tsx'],
    [511, 96_000, 0.41],
  ),
  runningTask(
    3,
    'merging',
    'Cache product lookups for an hour',
    'storefront',
    'Rebasing 3 commits onto main',
    [1_307, 302_000, 1.36],
  ),
  runningTask(
    4,
    'working',
    'Port the importer from callbacks to async iterators and keep the public API as it is',
    'data-pipeline',
    [
      'Edit src/import.rs',
      '✗ Bash cargo test --package importer',
      'The batch is moved into the closure; I clone its name before.',
      'Edit src/import.rs',
    ],
    [2_059, 611_000, 2.97],
  ),
  runningTask(5, 'cloning', 'Write the missing tests for invoice rounding', 'billing-api', '', [2, 0, null]),
  runningTask(
    6,
    'booting',
    'Upgrade to the new charts package',
    'admin',
    '[    1.204] systemd[1]: Reached target Network is Online',
    [6, 0, null],
  ),
  runningTask(
    7,
    'working',
    'Explain and fix the flaky login test',
    'admin',
    ['Read test/login.test.ts', 'Bash for i in 1 2 3 4 5; do npm test -- login; done'],
    [312, 71_000, 0.33],
  ),
  runningTask(
    8,
    'working',
    'Write the migration guide for version 4',
    'docs-site',
    ['I write down what changed since version 3 first.', 'Grep @deprecated', 'Write guides/migrate-to-4.md'],
    [95, 22_000, 0.09],
  ),
  runningTask(
    9,
    'working',
    'Add a dark theme to the status page',
    'docs-site',
    ['Read assets/theme.css', 'Edit assets/theme.css'],
    [178, 38_000, 0.17],
  ),
  runningTask(
    10,
    'stopping',
    'Try the streaming parser on the large fixture',
    'data-pipeline',
    'Saving uncommitted files before the machine stops',
    [3_520, 1_240_000, 5],
  ),
]

const queue: readonly TaskRow[] = [
  queuedTask(1, 'Move session storage behind an interface', 'storefront'),
  queuedTask(2, 'Document every error code', 'docs-site'),
  queuedTask(3, 'Bump the toolchain and fix the new lints', 'data-pipeline'),
]

const conflicts: readonly TaskRow[] = [
  finishedTask(
    0xc1,
    'Tidy the settings page',
    'admin',
    {
      outcome: 'unmerged',
      reason: 'local_changes',
      detail: 'Uncommitted changes in 3 files would be overwritten',
      files: ['src/settings/page.tsx', 'src/settings/page.test.tsx', 'src/settings/rows.ts'],
    },
    [7_200, 524, 120_000, 0.55],
  ),
  finishedTask(
    0xc2,
    'Drop the old export job',
    'data-pipeline',
    { outcome: 'unmerged', reason: 'operation_in_progress', detail: 'main is in the middle of a rebase' },
    [3_000, 1_331, 318_000, 1.49],
  ),
  finishedTask(
    0xc3,
    'Cover the CSV edge cases',
    'data-pipeline',
    { outcome: 'unmerged', reason: 'branch_gone', detail: 'The branch csv-edges does not exist any more' },
    [1_560, 590, 133_000, 0.61],
  ),
  finishedTask(
    0xc4,
    'Send each webhook only once',
    'billing-api',
    {
      outcome: 'unmerged',
      reason: 'conflicts',
      detail: 'Commit 2 of 3 does not apply to main',
      files: ['src/webhooks/sender.ts', 'test/webhooks/sender.test.ts'],
    },
    [240, 771, 190_000, 0.88],
  ),
]

const ended: readonly TaskRow[] = [
  finishedTask(
    0xa1,
    'Give every button an accessible name',
    'admin',
    { outcome: 'merged', detail: '7 commits, rebased' },
    [2 * 86_400, 1_480, 377_000, 1.74],
  ),
  finishedTask(
    0xa2,
    'Shrink the product images at build time',
    'storefront',
    { outcome: 'merged', detail: '2 commits, rebased' },
    [93_000, 612, 138_000, 0.62],
  ),
  finishedTask(0xa3, 'Rewrite the mailer', 'billing-api', { outcome: 'cancelled' }, [90_000, 388, 84_000, 0.38]),
  finishedTask(
    0xa4,
    'Is the cache header set on every route?',
    'storefront',
    { outcome: 'unchanged' },
    [5_340, 108, 19_000, 0.08],
  ),
  finishedTask(
    0xa5,
    'Upgrade the image to the new base',
    'data-pipeline',
    {
      outcome: 'failed',
      reason: 'agent-failed',
      detail: 'nix develop failed. nix develop in your checkout shows it',
    },
    [2_760, 1_866, 502_000, 2.4],
  ),
  finishedTask(
    0xa6,
    'Remove the unused feature flags',
    'admin',
    { outcome: 'merged', detail: '6 commits, rebased' },
    [2_100, 1_113, 280_000, 1.31],
  ),
  finishedTask(
    0xa7,
    'Show the request id on error pages',
    'storefront',
    { outcome: 'merged', detail: '1 commit, fast-forward' },
    [720, 242, 52_000, 0.24],
  ),
  finishedTask(
    0xa8,
    'Fix rounding of negative amounts',
    'billing-api',
    { outcome: 'merged', detail: '2 commits, rebased' },
    [60, 558, 141_000, 0.66],
  ),
]

const repositories: readonly RepositoryRow[] = [
  repository('billing-api', '/home/kim/code/billing-api', { lastTask: idOf(0xa8), tasks: 41, costUsd: 31.2 }),
  repository('storefront', '/home/kim/code/storefront', {
    lastTask: idOf(0xa7),
    branch: 'next',
    tasks: 28,
    costUsd: 14.75,
  }),
  repository('data-pipeline', '/home/kim/code/pipelines/data-pipeline', {
    lastTask: idOf(0xa5),
    tasks: 19,
    costUsd: 22.08,
  }),
  repository('admin', '/home/kim/code/clients/northwind/applications/admin-console-and-backoffice', {
    lastTask: idOf(0xc1),
    tasks: 23,
    costUsd: 12.4,
  }),
  repository('docs-site', '/home/kim/sites/docs', {
    lastTask: null,
    branch: null,
    tasks: 0,
    costUsd: 0,
    problem: {
      code: 'repository-invalid',
      message: 'HEAD is detached, so there is no branch to merge into',
      hint: 'Check out a branch: git switch main',
    },
  }),
]

const clients = [{ name: 'claude-code', version: '2.1.330', connected: true }]

const slotsOf = (tasks: readonly TaskRow[]): Snapshot['slots'] =>
  allSlots.map((slot) => ({
    slot,
    taskId: tasks.find(({ state }) => state.phase !== 'finished' && 'slot' in state && state.slot === slot)?.id ?? null,
    warmFor: slot === 8 ? ['docs-site'] : [],
    machineFor: slot === 3 ? 'storefront' : null,
  }))

const sceneOf = (tasks: readonly TaskRow[], more: Partial<Snapshot> = {}): Scene => ({
  ...nothing,
  host: web,
  setup,
  snapshot: { ...emptySnapshot, tasks, slots: slotsOf(tasks), repositories, clients, ...more },
})

/** Nothing was ever done here. */
export const emptyScene: Scene = { ...nothing, host: web, setup, snapshot: emptySnapshot }

/** Ten tasks at work, three waiting, some ended; the first of them has a story to its console, steps and changes. */
export const busyScene: Scene = {
  ...sceneOf([...ended, ...conflicts, ...queue, ...ten]),
  ...story(idOf(0x7f3a_0001), idOf(0xa8)),
}

/** As it is most of the time: some at work, some slots free. */
export const calmScene: Scene = {
  ...sceneOf([...ended, ...conflicts, ...ten.filter((_, index) => ![2, 4, 7, 9].includes(index))]),
  ...story(idOf(0x7f3a_0001), idOf(0xa8)),
}

export const conflictScene: Scene = {
  ...sceneOf([...ended, ...conflicts]),
  ...story(idOf(0xc4), idOf(0xc4)),
}

const failedSteps: Scene['steps'][string] = [
  { kind: 'said', at: before(4_500), text: 'I change the base image and the lock file.' },
  { kind: 'tool', at: before(4_400), tool: 'Edit', subject: 'flake.nix', output: 'Updated.', failed: false },
  {
    kind: 'tool',
    at: before(2_900),
    tool: 'Bash',
    subject: 'nix develop -c cargo test',
    output: [
      ...Array.from({ length: 30 }, (_, line) => `copying path ${line + 1} of 30`),
      "error: attribute 'openssl_1_1' missing",
      '       at flake.nix:14:9',
    ].join('\n'),
    failed: true,
  },
  { kind: 'said', at: before(2_800), text: 'Nothing that I have can replace it. I stop here.' },
]

/** A host that lacks what it needs, and warns. */
export const errorScene: Scene = {
  ...sceneOf(ended, {
    clients: [],
    warnings: ['Only 3.1 GiB are free in /home/kim; tasks start again from 5 GiB on.'],
  }),
  setup: {
    ...setup,
    token: 'missing',
    problems: [
      {
        code: 'qemu-missing',
        message: 'qemu-system-x86_64 is missing; it runs the machines',
        cure: 'apt-get install qemu-system-x86',
        optional: false,
      },
      { code: 'key-missing', message: 'No API key found', cure: 'microvm-orchestrator setup-token', optional: false },
      {
        code: 'kvm-missing',
        message: '/dev/kvm cannot be used, so machines are slow',
        cure: 'Turn on virtualisation in the firmware, or nested virtualisation where this host is a machine itself.',
        optional: true,
      },
    ],
  },
  steps: { [idOf(0xa5)]: failedSteps },
  details: {
    [idOf(0xa5)]: {
      description: 'Upgrade the image to the new base',
      repoPath: '/home/kim/code/pipelines/data-pipeline',
      branch: 'main',
      startCommit: '3c91e04f5c0b7c2d3b0c7a9f4b9f0e0e7f1d2a3b',
      agent: null,
      base: null,
      messages: [],
      holdMs: null,
      forkOf: null,
      caps: null,
      summary: 'I changed the base image and the lock file. The shell does not evaluate: openssl_1_1 was removed.',
      failure: {
        code: 'agent-failed',
        message: "nix develop failed:\nerror: attribute 'openssl_1_1' missing\n       at flake.nix:14:9",
        hint: 'nix develop in your checkout shows it',
      },
      merge: { kind: 'unmerged', reason: 'task_failed', files: [], detail: 'The task did not succeed' },
      check: null,
      resolves: null,
      notes: ['2 files that git ignores were left out.'],
      also: [],
      folder: '/home/kim/code/pipelines/data-pipeline/.microvm/tasks/000000a5',
      consolePath: '/home/kim/code/pipelines/data-pipeline/.microvm/tasks/000000a5/serial.log',
    },
  },
}

const word = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'
const long = `${word} ${word} and then some more words that go on for longer than any card has room for, because people paste whole paragraphs`

/** Names, paths and figures that have no room. */
export const longScene: Scene = {
  ...sceneOf(
    [
      ...conflicts.map((task) => ({
        ...task,
        title: long,
        repo: `${word}-2`,
        state: {
          ...task.state,
          detail: long,
          files: Array.from({ length: 20 }, (_, index) => `src/${word}/${index}/${word}.ts`),
          fileCount: 1_204,
        } as RowState,
      })),
      ...queue.map((task) => ({ ...task, title: long, repo: word })),
      ...ten.map((task) => ({
        ...task,
        title: long,
        repo: word,
        live: {
          lastLine: 'x'.repeat(200),
          steps: stepsOf([
            'x'.repeat(160),
            `Bash ${'y'.repeat(160)}`,
            `Edit ${'z/'.repeat(80)}`,
            `✗ Bash ${'x'.repeat(160)}`,
          ]),
          tokens: 123_456_789,
          costUsd: 1234.5,
        },
        startedAt: before(432_100),
      })),
    ],
    {
      repositories: repositories.map((row) => ({
        ...row,
        alias: `${word}-${row.alias}`,
        path: `/home/kim/${word}/${word}/${row.alias}`,
        branch: `feature/${word}`,
      })),
      warnings: [long, 'Records of 3 tasks are damaged; they are set aside.'],
    },
  ),
  ...clampStory(idOf(0x7f3a_0001), word),
}

/** Text that would like to be something else. */
export const hostileText = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
export const hostileScene: Scene = {
  ...sceneOf(
    [
      ...conflicts.map((task) => ({
        ...task,
        title: hostileText,
        repo: hostileText,
        state: { ...task.state, detail: hostileText, files: [hostileText] } as RowState,
      })),
      ...ten.map((task) => ({
        ...task,
        title: hostileText,
        live: {
          lastLine: hostileText,
          steps: [{ tool: hostileText, text: hostileText, state: 'running' as const }],
          tokens: 1,
          costUsd: 1,
        },
      })),
    ],
    {
      repositories: repositories.map((row) => ({ ...row, path: `/tmp/${hostileText}`, branch: hostileText })),
      warnings: [hostileText],
    },
  ),
  steps: {
    [idOf(0x7f3a_0001)]: [
      { kind: 'said', at: null, text: hostileText },
      { kind: 'tool', at: null, tool: hostileText, subject: hostileText, output: hostileText, failed: true },
      {
        kind: 'ended',
        at: null,
        success: false,
        text: hostileText,
        usage: { costUsd: 1, inputTokens: 1, outputTokens: 1, turns: 1, sessionId: null },
      },
    ],
  },
  consoles: { [idOf(0x7f3a_0001)]: { text: `${hostileText}\r\n`, ended: false } },
}

const outcomes: readonly Finished['outcome'][] = [
  'merged',
  'merged',
  'merged',
  'unchanged',
  'failed',
  'cancelled',
  'unmerged',
  'merged',
]

/** Ten thousand tasks, oldest first. */
export const historyScene: Scene = {
  ...sceneOf(
    Array.from({ length: 10_000 }, (_, index) => {
      const age = (10_000 - index) * 900
      const outcome = outcomes[index % outcomes.length] ?? 'merged'
      const repo = repositories[index % 4]?.alias ?? 'admin'
      const end =
        outcome === 'unmerged'
          ? { reason: 'conflicts' as const, files: ['src/a.ts'], detail: 'Does not apply' }
          : outcome === 'merged'
            ? { detail: '2 commits, rebased' }
            : {}
      return finishedTask(0x10_0000 + index, `${ended[index % 8]?.title} (${index})`, repo, { outcome, ...end }, [
        age,
        500 + (index % 900),
        100_000 + index,
        0.5,
      ])
    }),
  ),
}

/** The same as the desktop app would show it. */
export const onDesktop = (scene: Scene): Scene => ({ ...scene, host: desktop })
