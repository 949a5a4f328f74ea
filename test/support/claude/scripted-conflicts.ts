import { AppError } from '../../../main/core/failure.ts'
import {
  type Choice,
  type CommitProgress,
  type ConflictsView,
  type ConflictText,
  composeChunks,
  type FileConflict,
  printOf,
} from '../../../main/core/merge/conflicts.ts'
import type { WindowHost } from '../window/window-host.ts'

const side = (id: string) => ({ mode: '100644', id })
const all = { base: side('b'), ours: side('o'), theirs: side('t') }

const file = (path: string, more: Partial<FileConflict> = {}): FileConflict => ({
  path,
  oldPath: null,
  kind: 'content',
  content: 'text',
  sides: all,
  related: [],
  ...more,
})

const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `  queue.push(attempts[${from + index}])\n`).join('')

const senderText: ConflictText = {
  kind: 'text',
  encoding: 'utf8',
  chunks: [
    { kind: 'merged', text: `${lines(1, 39)}export async function sendWebhook(hook: Hook) {\n` },
    {
      kind: 'conflict',
      base: '  const res = await\n    post(hook.url);\n  log(res.status);\n',
      ours: '  const res = await\n    post(hook.url, key);\n  log(res.status);\n',
      theirs: '  const res = await\n    retry(() =>\n      post(hook.url), opts);\n  log(res.status);\n',
    },
    { kind: 'merged', text: `  return res.status;\n}\n${lines(47, 12)}` },
    {
      kind: 'conflict',
      base: 'const limit = 3;\nconst wait = 1000;\n',
      ours: 'const limit = 10;\nconst wait = 1000;\n',
      theirs: 'const limit = 5;\nconst wait = 250;\n',
    },
    { kind: 'merged', text: 'const cap = 30_000;\n' },
  ],
}

/** Text of a guest that would do something if it were markup. */
export const markup = '<img src=x onerror="document.title=1">'

const texts: Readonly<Record<string, ConflictText>> = {
  'src/webhooks/sender.ts': senderText,
  'test/webhooks/sender.test.ts': {
    kind: 'text',
    encoding: 'utf8',
    chunks: [
      { kind: 'merged', text: "test('sends once', async () => {\r\n" },
      { kind: 'conflict', base: '', ours: '  expect(calls).toBe(1)\r\n', theirs: `  expect('${markup}')\r\n` },
      { kind: 'merged', text: '})\r\n' },
    ],
  },
  'docs/webhooks.md': {
    kind: 'text',
    encoding: 'utf8',
    chunks: [{ kind: 'conflict', base: '# Webhooks\n', ours: '', theirs: '# Webhooks, sent once\n' }],
  },
  'assets/flow.png': { kind: 'binary', bytes: { base: 18_400, ours: 21_900, theirs: 20_100 } },
  'data/events.json': {
    kind: 'too-large',
    encoding: 'utf8',
    chunks: [{ kind: 'conflict', base: '"v": 1\n', ours: '"v": 2\n', theirs: '"v": 3\n' }],
  },
}

const commits: readonly { id: string; subject: string; files: readonly FileConflict[] }[] = [
  { id: '9d02b7715c0b7c2d3b0c', subject: 'Name the webhook states', files: [] },
  {
    id: 'a41c0d2e5c0b7c2d3b0c',
    subject: 'Send each webhook only once',
    files: [file('src/webhooks/sender.ts'), file('test/webhooks/sender.test.ts')],
  },
  {
    id: 'e77f3a9b5c0b7c2d3b0c',
    subject: 'Describe how webhooks are sent, and show it',
    files: [
      file('docs/webhooks.md', { kind: 'deleted-by-branch', sides: { ...all, ours: null } }),
      file('assets/flow.png', { content: 'binary' }),
      file('data/events.json', { content: 'too-large' }),
    ],
  },
]

/** Has the host settle conflicts as a real one does: a commit is looked into when those before it are settled, and choices are kept. With
 * `kind`, that is how all of them collide. */
export function scriptConflicts(
  host: WindowHost,
  kind: FileConflict['kind'] | null = null,
): { readonly choices: ReadonlyMap<string, Choice> } {
  const choices = new Map<string, Choice>()
  const view = (): ConflictsView => {
    let waits = false
    const progress = commits.map(({ id, subject, files }): CommitProgress => {
      const author = 'Claude'
      if (waits) return { id, subject, author, state: 'waiting', files: [] }
      const chosen = files.map((conflict) => ({
        conflict: kind ? { ...conflict, kind } : conflict,
        resolution: choices.get(`${id} ${conflict.path}`)?.resolution ?? null,
      }))
      waits = chosen.some(({ resolution }) => resolution === null)
      const state = waits ? 'stopped' : files.length > 0 ? 'settled' : 'applied'
      return { id, subject, author, state, files: chosen }
    })
    return { branch: 'main', onto: '3c91e04f', settled: !waits, problem: null, commits: progress, stale: [] }
  }
  const textOf = (path: string): ConflictText => {
    const text = texts[path]
    if (!text) throw new AppError('argument-invalid', `${path} does not collide`)
    return text
  }
  host.answer('conflicts', view)
  host.answer('openConflict', ({ path }) => textOf(path))
  host.answer('chooseConflict', ({ commit, path, resolution }) => {
    const text = textOf(path)
    if (resolution === null) choices.delete(`${commit} ${path}`)
    else {
      const cannot = resolution.kind === 'text' && text.kind !== 'text'
      const missing =
        resolution.kind === 'hunks' &&
        (!('chunks' in text) || composeChunks(text.chunks, resolution.picks) === undefined)
      if (cannot || missing) throw new AppError('argument-invalid', `That is no choice for ${path}`)
      choices.set(`${commit} ${path}`, { commit, path, print: printOf(all), resolution })
    }
    return view()
  })
  host.answer('finishConflicts', () => {
    const settled = view()
    if (!settled.settled) throw new AppError('merge-failed', 'Something is still to be chosen')
    return {
      merge: { kind: 'merged', method: 'rebase', commits: 3, branch: 'main', from: '3c91e04f', to: 'b02d771c' },
      settled,
      stale: [],
    }
  })
  host.answer('abandonConflicts', () => {
    choices.clear()
    return {}
  })
  return { choices }
}
