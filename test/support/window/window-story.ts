import type { FileDiff, Hunk } from '../../../main/core/merge/file-diff.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { Changes, Step } from '../../../preload/task-details.ts'
import type { Scene } from './window-host.ts'

/** When every scene plays. */
export const sceneTime = '2026-11-23T10:43:00Z'

type Story = Pick<Scene, 'details' | 'consoles' | 'steps' | 'changes' | 'diffs'>

const description = `Add retry with backoff to the webhook sender

Receivers are busy sometimes, and answer 503. Send again up to five times, first after 250 ms, then twice as long each time, at most 30 s.
Say in the error how often it was tried. Cover it with tests, run them, and commit.`

const esc = '\u001b['
const dim = (text: string): string => `${esc}90m${text}${esc}0m`
const green = (text: string): string => `${esc}32m${text}${esc}0m`
const red = (text: string): string => `${esc}31m${text}${esc}0m`
const blue = (text: string): string => `${esc}34m${text}${esc}0m`
const bold = (text: string): string => `${esc}1m${text}${esc}0m`

const consoleText = [
  dim('[    0.000000] Linux version 6.12.41 x86_64, 4 CPUs, 4096 MB'),
  dim('[    0.482113] virtiofs: mounted /workspace'),
  dim('[    1.204377] systemd[1]: Reached target Network is Online.'),
  `${green('task')} 7f3a0001  billing-api at 3c91e04 (main)`,
  `${green('task')} nix develop . ${dim('— ready in 3.1 s, from the slot’s store')}`,
  '',
  `${bold('●')} I'll start with the sender and the places that call it.`,
  `${blue('Read')}  src/webhooks/sender.ts ${dim('(88 lines)')}`,
  `${blue('Grep')}  "sendWebhook(" ${dim('4 matches in 3 files')}`,
  `${blue('Edit')}  src/webhooks/sender.ts ${green('+31')} ${red('−6')}`,
  `${blue('Write')} test/webhooks/retry.test.ts ${green('+92')}`,
  `${blue('Bash')}  npm test -- webhooks`,
  '',
  ` ${bold('RUN')}  v3.2.4 /workspace`,
  '',
  ` ${green('✓')} test/webhooks/signature.test.ts ${dim('(9 tests)')} 212ms`,
  ` ${red('✗')} test/webhooks/retry.test.ts ${dim('(14 tests | ')}${red('1 failed')}${dim(')')} 2.10s`,
  `   ${red('× gives up after five attempts')}`,
  '     AssertionError: expected 6 to be 5',
  `       ${dim('❯ test/webhooks/retry.test.ts:61:24')}`,
  '',
  `${bold('●')} The first attempt is counted twice. The loop should start at 1.`,
  `${blue('Edit')}  src/webhooks/sender.ts ${green('+1')} ${red('−1')}`,
  `${blue('Bash')}  npm test -- webhooks`,
  '',
  ` ${green('✓')} test/webhooks/signature.test.ts ${dim('(9 tests)')} 208ms`,
  ` ${green('✓')} test/webhooks/retry.test.ts ${dim('(14 tests)')} 1.82s`,
  '',
  ` ${dim('Test Files')}  ${green('2 passed')} (2)`,
  ` ${dim('     Tests')}  ${green('23 passed')} (23)`,
  '',
].join('\r\n')

const at = (seconds: number): string => new Date(Date.parse(sceneTime) - (724 - seconds) * 1000).toISOString()

const tool = (seconds: number, name: string, subject: string, output: string | null, failed = false): Step => ({
  kind: 'tool',
  at: at(seconds),
  tool: name,
  subject,
  output,
  failed,
})

const steps: readonly Step[] = [
  { kind: 'said', at: at(130), text: "I'll start with the sender and the places that call it." },
  tool(134, 'Read', 'src/webhooks/sender.ts', Array.from({ length: 88 }, (_, line) => `${line + 1}`).join('\n')),
  tool(
    136,
    'Grep',
    'sendWebhook(',
    'src/webhooks/sender.ts:40\nsrc/jobs/deliver.ts:12\nsrc/jobs/deliver.ts:31\nsrc/index.ts:8',
  ),
  tool(182, 'Edit', 'src/webhooks/sender.ts', 'The file has been updated.'),
  tool(220, 'Write', 'test/webhooks/retry.test.ts', 'The file has been created.'),
  tool(
    400,
    'Bash',
    'npm test -- webhooks',
    ' RUN  v3.2.4 /workspace\n\n ✓ test/webhooks/signature.test.ts (9 tests) 212ms\n ✗ test/webhooks/retry.test.ts (14 tests | 1 failed) 2.10s\n   × gives up after five attempts\n     AssertionError: expected 6 to be 5',
    true,
  ),
  { kind: 'said', at: at(425), text: 'The first attempt is counted twice. The loop should start at 1.' },
  tool(442, 'Edit', 'src/webhooks/sender.ts', 'The file has been updated.'),
  tool(588, 'Bash', 'npm test -- webhooks', ' Test Files  2 passed (2)\n      Tests  23 passed (23)'),
  tool(
    615,
    'Bash',
    'git commit -am "Retry webhooks with capped exponential backoff"',
    '[main a41c0d2] Retry webhooks with capped exponential backoff\n 5 files changed, 148 insertions(+), 23 deletions(-)',
  ),
  { kind: 'said', at: at(640), text: 'All tests pass. I check the lint rules before I finish.' },
  tool(715, 'Bash', 'npm run lint', null),
]

const done: Step = {
  kind: 'ended',
  at: at(724),
  success: true,
  text: 'Webhooks are sent again up to five times, with a capped backoff. 23 tests pass.',
  usage: { costUsd: 0.84, inputTokens: 178_000, outputTokens: 6_000, turns: 14, sessionId: null },
}

const file = (path: string, status: Changes['files'][number]['status'], added: number, removed: number) => ({
  path,
  oldPath: null,
  status,
  added,
  removed,
  binary: false,
})

const changes: Changes = {
  ...{ live: true, readAt: at(700), notes: [] },
  commits: [
    { id: 'a41c0d2', subject: 'Retry webhooks with capped exponential backoff', author: 'Claude', at: at(615) },
    { id: 'b7710aa', subject: 'Say in the error how often it was tried', author: 'Claude', at: at(690) },
  ],
  files: [
    file('src/webhooks/errors.ts', 'modified', 12, 3),
    file('src/webhooks/retry.ts', 'added', 28, 0),
    file('src/webhooks/sender.ts', 'modified', 16, 6),
    { ...file('test/fixtures/receiver.bin', 'modified', 0, 0), binary: true },
    file('test/webhooks/legacy-sender.test.ts', 'deleted', 0, 14),
    file('test/webhooks/recorded.json', 'added', 48_211, 0),
    file('test/webhooks/retry.test.ts', 'added', 92, 0),
  ],
  fileCount: 7,
}

const hunk = (oldStart: number, newStart: number, heading: string, text: string): Hunk => ({
  oldStart,
  newStart,
  heading,
  lines: text.split('\n').map((line) => ({ kind: line.charAt(0) as ' ' | '+' | '-', text: line.slice(1) })),
})

const senderDiff: FileDiff = {
  kind: 'text',
  hunks: [
    hunk(
      34,
      34,
      '',
      ` import { post } from './http'
 import { sign } from './signature'
+import { retry } from './retry'
 
 export type Hook = { url: string; body: string }
 
-// Sends one hook and reports the status.
+// Sends one hook, again if the receiver is busy, and reports the last status.
 export async function sendWebhook(hook: Hook) {
-  const res = await post(hook.url, hook.body)
+  const res = await retry(() => post(hook.url, hook.body), { attempts: 5, base: 250, cap: 30_000 })
-  if (res.status >= 400) {
-    throw new Error("webhook failed")
+  if (res.status >= 300) {
+    throw new WebhookError(res.status, res.attempts)
   }
   return res.status
 }`,
    ),
    hunk(
      71,
      72,
      'export class Sender {',
      ` function backoff(n: number) {
-  return 1000 * n
+  const wait = 250 * 2 ** n
+  return Math.min(wait, 30_000)
 }`,
    ),
  ],
}

const retryDiff: FileDiff = {
  kind: 'text',
  hunks: [
    hunk(
      0,
      1,
      '',
      `+export interface RetryOptions {
+  readonly attempts: number
+  /** Milliseconds before the second attempt; each next wait is twice as long. */
+  readonly base: number
+  readonly cap: number
+}
+
+export async function retry<T>(attempt: () => Promise<T>, { attempts, base, cap }: RetryOptions): Promise<T> {
+  for (let number = 1; ; number += 1) {
+    try {
+      return await attempt()
+    } catch (error) {
+      if (number >= attempts) throw error
+      await sleep(Math.min(cap, base * 2 ** number))
+    }
+  }
+}`,
    ),
  ],
}

const errorsDiff: FileDiff = {
  kind: 'text',
  hunks: [
    hunk(
      1,
      1,
      '',
      ` export class WebhookError extends Error {
-  constructor(status: number) {
-    super('webhook failed: ' + status)
+  constructor(
+    readonly status: number,
+    readonly attempts: number,
+  ) {
+    super(\`The receiver answered \${status} to each of \${attempts} attempts\`)
   }
 }`,
    ),
  ],
}

/** A task as one would like to see it, running, and another that has ended with the same changes. */
export function story(running: TaskId, ended: TaskId): Story {
  const details = (id: TaskId): Scene['details'][string] => ({
    description,
    repoPath: '/home/kim/code/billing-api',
    branch: 'main',
    startCommit: '3c91e04f5c0b7c2d3b0c7a9f4b9f0e0e7f1d2a3b',
    agent: null,
    base: null,
    messages: [],
    holdMs: null,
    forkOf: null,
    caps: { timeoutMs: 3_600_000, maxCostUsd: 5, maxTokens: 2_000_000, silenceTimeoutMs: null },
    summary:
      id === ended
        ? 'Webhooks are sent again up to five times, with a capped backoff.\n\nThe error says how often it was tried. 23 tests pass, of which 14 are new.'
        : null,
    failure: null,
    merge: null,
    check: null,
    resolves: null,
    notes: [],
    also: [],
    folder: `/home/kim/code/billing-api/.microvm/tasks/${id}`,
    consolePath: `/home/kim/code/billing-api/.microvm/tasks/${id}/serial.log`,
  })
  return {
    details: {
      [running]: details(running),
      [ended]: {
        ...details(ended),
        merge:
          running === ended
            ? null
            : { kind: 'merged', method: 'rebase', commits: 2, branch: 'main', from: '3c91e04', to: 'b7710aa' },
      },
    },
    consoles: {
      [running]: { text: consoleText, ended: running === ended },
      [ended]: { text: consoleText, ended: true },
    },
    steps: { [running]: steps, [ended]: [...steps.slice(0, -1), done] },
    changes: { [running]: changes, [ended]: changes },
    diffs: {
      'src/webhooks/sender.ts': senderDiff,
      'src/webhooks/retry.ts': retryDiff,
      'src/webhooks/errors.ts': errorsDiff,
      'test/fixtures/receiver.bin': { kind: 'binary', oldBytes: 2_048, newBytes: 4_096 },
      'test/webhooks/recorded.json': { kind: 'too-large', lines: 48_211 },
    },
  }
}

/** The same with words that have no room. */
export function clampStory(id: TaskId, word: string): Story {
  const long = `src/${word}/${word}/${word}.ts`
  const text = `const ${word} = "${word}" // ${word} ${word} ${word}`
  return {
    details: {},
    consoles: { [id]: { text: `${word.repeat(5)}\r\n`, ended: false } },
    steps: {
      [id]: [
        { kind: 'said', at: at(1), text: `${word}${word} `.repeat(6) },
        tool(2, word, `${word}/${word}/${word}`, `${word}${word}${word}\n`.repeat(30), true),
      ],
    },
    changes: {
      [id]: {
        ...{ live: false, readAt: null, notes: [] },
        commits: [],
        files: [{ ...file(long, 'renamed', 1_204_000, 88_123), oldPath: `src/${word}.ts` }],
        fileCount: 5_000,
      },
    },
    diffs: { [long]: { kind: 'text', hunks: [hunk(1, 1, word.repeat(2), `-${text}\n+${text} ${word}`)] } },
  }
}
