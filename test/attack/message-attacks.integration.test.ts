import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Fixture } from '../../main/attack/attack.ts'
import { messageAttacks } from '../../main/attack/catalog/message-attacks.ts'
import { speakToGuest } from '../../main/attack/speak-to-guest.ts'
import { silentLog } from '../../main/lib/log.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { TaskRecord } from '../../main/tasks/record/task-record.ts'
import { identity } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** A share with what the attack leaves in it; the files that it may not reach lie beside it. */
async function attacked(guest: string) {
  const root = await temporaryFolder()
  const record = await TaskRecord.create(join(root, 'home'), identity('/repo'), { onChange: () => undefined })
  onTestFinished(() => record[Symbol.asyncDispose]())
  const { share, repo } = record.files
  const victim = join(root, 'victim')
  const secretFile = join(root, 'secret')
  for (const folder of [share, repo, victim]) await mkdir(folder, { recursive: true })
  await writeFile(join(victim, 'keep.txt'), 'kept')
  await writeFile(secretFile, 'the secret of the host')
  await writeFile(join(share, 'claude-stream.jsonl'), '')
  const env = { PATH: process.env.PATH ?? '', SHARE: share, REPO: repo, VICTIM: victim, SECRET_FILE: secretFile }
  const { ok, stderr } = await run('bash', ['-ec', guest], { env })
  expect(ok, stderr).toBe(true)
  const fixture = { share, repo, victim, secretFile, secret: 'the secret of the host' } as unknown as Fixture
  const kept = async () => (await readFile(join(victim, 'keep.txt'), 'utf8')) === 'kept'
  return { record, fixture, kept, events: () => readFile(record.files.events, 'utf8') }
}

test.for(messageAttacks.map((attack) => [attack.name, attack] as const))(
  '%s harms a naive host, and not this one',
  async ([, attack]) => {
    const naive = await attacked(attack.guest)
    const harms = await attack.naive(naive.fixture)
    expect(harms.length > 0 || !(await naive.kept())).toBe(true)

    const { record, kept, events } = await attacked(attack.guest)
    await record.add({ type: 'slot-leased', slot: 1 as never })
    await record.add({ type: 'cloned', startCommit: '1', branch: 'main' })
    await record.add({ type: 'agent-started' })
    expect(await speakToGuest(record, 'sk-key', silentLog)).toEqual([])
    expect(await kept()).toBe(true)
    expect(await events()).not.toContain('the secret of the host')
    expect((await events()).length).toBeLessThan(30_000)
  },
)

test('a host that believed more than it was told of would be found', async () => {
  const { record } = await attacked('echo Words >"$SHARE/agent-waits"')
  await record.add({ type: 'slot-leased', slot: 1 as never })
  await record.add({ type: 'agent-started' })
  await record.add({ type: 'message-sent', message: { id: 'bbbbbbbb-0000-4000-8000-000000000000', kind: 'interrupt' } })
  await appendFile(join(record.files.share, 'agent-waits'), 'x'.repeat(100_000))
  expect(await speakToGuest(record, 'sk-key', silentLog)).toEqual(['a message is on record that nobody sent'])
})
