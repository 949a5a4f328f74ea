import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tokenFromOutput } from '../../../main/commands/terminal/token-from-output.ts'
import { parkingOf } from '../../../main/core/task/parking.ts'
import { byBytes, bytePath, shownPath } from '../../../main/git/process/byte-path.ts'
import { lfsObjectId, lfsObjectPath, longestPointer } from '../../../main/git/repository/lfs-pointer.ts'
import { readTips } from '../../../main/git/survey/read-tips.ts'
import { followFile } from '../../../main/lib/files/follow-file.ts'
import { readGuestFile } from '../../../main/lib/guest/guest-file.ts'
import { scrub, scrubbing } from '../../../main/lib/guest/scrub.ts'
import { screenRows } from '../../../main/lib/guest/terminal-screen.ts'
import { singleLineText, terminalTextFilter } from '../../../main/lib/guest/terminal-text.ts'
import { hangsInPanic, panicLineOf } from '../../../main/machines/watch/panic-line.ts'
import { taskEventSchema } from '../../../main/tasks/record/task-event-schema.ts'
import { UsageMeter } from '../../../main/tasks/run/usage-meter.ts'
import { parseInterruption } from '../../../main/worker/read-interruption.ts'
import { readResult } from '../../../main/worker/read-result.ts'
import { jsonLike, pieces, textLike } from '../mutate.ts'
import { inFolder, pure, type Target } from '../target.ts'

/** Control characters but tab and line feed, and marks that reorder text. */
const forbidden = /(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

const secret = 'sk-ant-api03-fuzz_KEY-0123456789'
const escaped = [...secret].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')

const result = JSON.stringify({
  success: true,
  summary: 'Added a greeting.',
  files_changed: ['hello.txt', 'src/a b.ts'],
  commits: 1,
  error: null,
})
const lastLine = {
  type: 'result',
  subtype: 'success',
  total_cost_usd: 0.25,
  num_turns: 3,
  session_id: '0198c0de-0000-4000-8000-000000000000',
  usage: { input_tokens: 10, cache_creation_input_tokens: 1, cache_read_input_tokens: 2, output_tokens: 20 },
}
const message = (id: string) => ({
  type: 'assistant',
  message: {
    id,
    content: [{ type: 'text', text: 'Working.' }],
    usage: { input_tokens: 5, cache_creation_input_tokens: 0, cache_read_input_tokens: 100, output_tokens: 2 },
  },
})
const stream = [{ type: 'system', subtype: 'init' }, message('msg_1'), message('msg_1'), message('msg_2'), lastLine]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('')

const limited = [
  { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1_700_003_600 } },
  {
    ...lastLine,
    is_error: true,
    api_error: 'usage_limit_reached',
    api_error_status: 429,
    result: 'Claude AI usage limit reached|1700003600',
  },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('')

/** The result as it is kept, and as the record holds it when it is read again. */
async function resultIsKept(folder: string): Promise<void> {
  const read = await readResult(folder, secret)
  const kept = JSON.stringify(read)
  ok(!kept.includes(secret), 'the key came through')
  if ('code' in read) return
  ok(read.summary.length < 70_000 && (read.error?.length ?? 0) < 5_000, 'a text is longer than its limit')
  const event = { type: 'result-read', at: '2026-01-02T03:04:05.000Z', result: read }
  deepEqual(taskEventSchema.parse(JSON.parse(JSON.stringify(event))), event)
}

const console = `[    0.5] Linux version 6.1\r\n\u001b[32m[  OK  ]\u001b[0m Started runner.\r\n[    9.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\r\n`
const commit = '0123456789abcdef0123456789abcdef01234567'
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'ab'.repeat(32)}\nsize 12345\n`

export const guestTargets: readonly Target[] = [
  inFolder(
    'result.json',
    jsonLike(result, result.replace('Added a greeting.', secret), result.replace('Added a greeting.', escaped)),
    async (input, folder) => {
      await writeFile(join(folder, 'result.json'), input)
      await resultIsKept(folder)
    },
  ),
  inFolder(
    "the end of the agent's stream",
    jsonLike(stream, stream.replace('0198c0de', secret), stream.replace('0198c0de', escaped)),
    async (input, folder) => {
      await writeFile(join(folder, 'result.json'), result)
      await writeFile(join(folder, 'claude-stream.jsonl'), input)
      await resultIsKept(folder)
    },
  ),
  pure('limits in the stream', jsonLike(limited, limited.replace('"usage_limit_reached"', 'null')), (input) => {
    const interruption = parseInterruption(input.toString('utf8'))
    const parking = interruption && parkingOf(interruption, null, [], 1_700_000_000_000)
    if (!parking) return
    const waitsMs = Date.parse(parking.until) - 1_700_000_000_000
    ok(waitsMs > 0 && waitsMs < 9 * 24 * 3_600_000, `it waits ${waitsMs} ms`)
    const event = { type: 'parked', at: '2026-01-02T03:04:05.000Z', parking }
    deepEqual(taskEventSchema.parse(JSON.parse(JSON.stringify(event))), event)
  }),
  pure('tokens in the stream', jsonLike(stream), (input) => {
    const whole = new UsageMeter()
    whole.add(input)
    const pieced = new UsageMeter()
    let before = 0
    for (const piece of pieces(input)) {
      pieced.add(piece)
      ok(pieced.tokens >= before, 'tokens were taken back')
      before = pieced.tokens
    }
    ok(Number.isFinite(whole.tokens), `${whole.tokens} tokens`)
    equal(pieced.tokens, whole.tokens)
  }),
  pure(
    'console as text',
    textLike(console, '\u001b]0;title\u0007text\u001b[1;31mred\u009b0m\u001bPq\u001b\\\n'),
    (input) => {
      const text = input.toString('utf8')
      const filtered = terminalTextFilter()(text)
      ok(!forbidden.test(filtered), 'a control character')
      equal(terminalTextFilter()(filtered), filtered)
      const filter = terminalTextFilter()
      let pieced = ''
      for (const piece of text.match(/[\s\S]{1,7}/gu) ?? []) pieced += filter(piece)
      equal(pieced, filtered)
      ok(!/[\n\r\t]/.test(singleLineText(text)), 'more than one line')
    },
  ),
  pure(
    'console as a screen',
    textLike(console, '\u001b[2J\u001b[10;20Htext\u001b[K\n', '\u001b[9999B\u001b[9999C.\n'.repeat(200)),
    (input) => {
      const text = input.toString('utf8')
      const rows = screenRows(text)
      ok(rows.reduce((sum, row) => sum + row.length, rows.length) < 20_000_000, 'a screen without end')
      const token = tokenFromOutput(text)
      ok(token === undefined || /^sk-ant-oat\d*-[\w-]+$/.test(token), 'no token')
    },
  ),
  pure('panic in the console', textLike(console), (input) => {
    const line = panicLineOf(input.toString('utf8'))
    ok(typeof hangsInPanic(input.toString('utf8')) === 'boolean')
    ok(line === undefined || /^Kernel panic[\x20-\x7e]{0,490}$/.test(line), 'a line that cannot be shown')
  }),
  inFolder('a console that is followed', textLike(console), async (input, folder) => {
    const path = join(folder, 'serial.log')
    await writeFile(path, input)
    const read: Buffer[] = []
    for await (const chunk of followFile(path, { isOver: async () => true })) read.push(chunk)
    ok(Buffer.concat(read).equals(input), 'not what the file holds')
  }),
  pure(
    'the key in a stream',
    textLike(`before ${secret} after`, secret + secret, secret.slice(0, 20) + secret),
    async (input) => {
      const clean = scrub(input, secret)
      ok(!clean.includes(secret), 'the key came through')
      ok(scrub(clean, secret).equals(clean), 'it finds more the second time')
      const transform = scrubbing(secret)
      const out: Buffer[] = []
      transform.on('data', (chunk: Buffer) => out.push(chunk))
      for (const piece of pieces(input)) transform.write(piece)
      await new Promise<void>((resolve) => transform.end(resolve).on('end', resolve))
      ok(Buffer.concat(out).equals(clean), 'another result in pieces')
    },
  ),
  inFolder(
    'names in the share',
    textLike('result.json', '../secret', 'a/b', '.', '..', '\0x', 'x'.repeat(300)),
    async (input, folder) => {
      const share = join(folder, 'share')
      await mkdir(share, { recursive: true })
      await writeFile(join(folder, 'secret'), 'secret')
      const name = input.toString('utf8')
      const read = await readGuestFile(share, name, 1_000).catch((error: Error) => error)
      if (read instanceof Error) ok(/^Not a plain file name/.test(read.message), read.message)
      else equal(read.kind, 'refused')
    },
  ),
  pure('LFS pointers', textLike(pointer), (input) => {
    const id = lfsObjectId(input.subarray(0, longestPointer).toString('latin1'))
    ok(id === undefined || /^[0-9a-f]{64}$/.test(id), 'no id')
    if (id !== undefined) ok(/^[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(lfsObjectPath(id)), 'another place')
  }),
  pure(
    'paths as bytes',
    textLike('src/a b.ts', 'ä/ö', Buffer.from([0x61, 0xff, 0x2f, 0x22]), '../../etc/passwd'),
    (input) => {
      const path = input.toString('latin1')
      ok(bytePath('/work', path).subarray(6).equals(input), 'other bytes')
      ok(shownPath(path).isWellFormed(), 'half a surrogate pair')
      equal(byBytes(path, path), 0)
    },
  ),
  inFolder(
    'HEAD, refs and reflog of a clone',
    textLike(
      `ref: refs/heads/task-0123abcd\n\u0000${commit} refs/heads/task-0123abcd\n\u0000${commit} ${commit} A <a@b> 1 +0000\tcommit: x\n`,
      `${commit}\n\u0000# pack-refs with: peeled\n${commit} refs/heads/../../x\n\u0000${commit}\n`,
      `ref: refs/heads/../../../../etc/passwd\n\u0000\u0000`,
    ),
    async (input, folder) => {
      const dotGit = join(folder, '.git')
      await mkdir(join(dotGit, 'logs'), { recursive: true })
      const [head = '', packed = '', log = ''] = input.toString('latin1').split('\0', 3)
      await Promise.all([
        writeFile(join(dotGit, 'HEAD'), head, 'latin1'),
        writeFile(join(dotGit, 'packed-refs'), packed, 'latin1'),
        writeFile(join(dotGit, 'logs/HEAD'), log, 'latin1'),
      ])
      const { tips, notes } = await readTips(dotGit, '0123abcd')
      for (const tip of tips) ok(/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(tip.id), 'no commit')
      ok(tips.length <= 300 && notes.length <= 5, 'too many')
    },
  ),
]
