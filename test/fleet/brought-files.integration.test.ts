import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BroughtFiles, takeCheckpoint } from '../../main/fleet/brought-files.ts'
import { channels } from '../../main/fleet/protocol.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { taskId } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = join(import.meta.dirname, '../support/fleet/take-bytes.ts')

test('work of which the disk takes only a part is not taken for the whole', async () => {
  const folder = await temporaryFolder()
  const limited = async (bytes: number) => {
    const command = `ulimit -f 100; exec "$0" "$@"`
    return (await run('bash', ['-c', command, process.execPath, program, folder, String(bytes)])).stdout
  }
  expect(await limited(100 * 1024)).toBe('taken')
  expect(await limited(100 * 1024 + 1)).toContain('EFBIG')
})

const nothing = { wip: false, also: [], operation: null, markers: { files: [] }, notes: [], unsaved: false }

test('what has come whole stays, whatever a later visit brings of it, until that is whole too', async () => {
  const files = taskFiles(await temporaryFolder(), taskId('0a0a0a0a'))
  await mkdir(files.folder, { recursive: true })
  const visit = async (act: (brought: BroughtFiles, say: (text: string) => Promise<void>) => Promise<void>) => {
    const { brought } = await BroughtFiles.open(files)
    await using _open = brought
    await act(brought, async (text) => {
      for (const channel of [channels.work, channels.result]) await brought.take(channel, Buffer.from(text))
    })
  }
  const lies = async () => [
    await readFile(files.broughtPack, 'utf8'),
    await readFile(files.result.replace(/[^/]*$/, 'share/result.json'), 'utf8'),
    JSON.parse(await readFile(files.broughtWork, 'utf8')).saved.commit,
  ]
  const [first, second, early] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string]
  await visit(async (brought, say) => {
    await say('early')
    await brought.checkpoint(early)
  })
  await visit(async (brought, say) => {
    await say('first')
    await brought.complete({ saved: { ...nothing, commit: first } })
  })
  await visit(async () => undefined)
  await visit(async (_, say) => await say('half of the sec'))
  await takeCheckpoint(files)
  expect(await lies()).toEqual(['first', 'first', first])
  await visit(async (brought, say) => {
    await say('second')
    await brought.complete({ saved: { ...nothing, commit: second } })
  })
  expect(await lies()).toEqual(['second', 'second', second])
})
