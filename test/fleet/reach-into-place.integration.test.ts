import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { placeScene } from '../support/fleet/placed.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }
const never = new AbortController().signal
const size = { rows: 24, columns: 80 }

test('a task at a place shows what it changes while it works, and is reached into through the connection to its keeper', async () => {
  await using scene = await placeScene((root) =>
    guestThatCommits(
      'greeting.txt',
      `echo one >committed.txt; git add -A; git commit -q -m One; echo two >loose.txt; until [ -e ${root}/go ]; do sleep 0.05; done`,
    ),
  )
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const id = await orchestrator.run({ description: 'Greet', repo: 'project', place: 'desk' })
  await expect.poll(async () => (await orchestrator.get(id)).state.phase, soon).toBe('working')
  const { changes, attachments } = orchestrator

  const seen = async () => (await changes.look(id, never)).files.map(({ path }) => path)
  await expect.poll(seen, { timeout: 60_000, interval: 1_000 }).toEqual(['committed.txt', 'loose.txt'])
  expect(await changes.look(id, never)).toMatchObject({ live: true, notes: [], readAt: expect.any(String) })
  expect((await changes.patch(id, { characters: 10_000 }, never)).patch).toContain('+two')

  // More than the windows on the way hold, and nobody reads it: everything else goes on.
  const flood = await attachments.openShell(id, size, never)
  flood.write('head -c 30000000 /dev/zero | tr "\\0" x; echo; echo all of it was read\n')
  await once(flood, 'readable')
  const shell = await attachments.openShell(id, size, never)
  shell.write('echo answer: $((6 * 7)); exit\n')
  expect(await text(shell)).toContain('answer: 42')
  const server = createServer((_, response) => void response.end('from a port')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = await attachments.connect(id, (server.address() as AddressInfo).port, never)
  port.write('GET / HTTP/1.0\r\n\r\n')
  expect(await text(port)).toContain('from a port')
  server.close()
  const ssh = await attachments.openSsh(id, never)
  await once(ssh, 'readable')
  expect(String(ssh.read())).toMatch(/^SSH-2\.0-/)
  ssh.destroy()
  flood.write('exit\n')
  const all = await text(flood)
  expect(all).toContain('all of it was read')
  expect(all.match(/x/g)?.length).toBeGreaterThanOrEqual(30_000_000)

  // A connection that is cut takes the shells along; the next one has them again.
  const cut = await attachments.openShell(id, size, never)
  const closed = new Promise((resolve) => cut.once('close', resolve)) // An error comes before it.
  scene.sshd.cut()
  await closed
  scene.sshd.mend()
  const again = await attachments.openShell(id, size, never)
  again.write('echo back: $((7 * 6)); exit\n')
  expect(await text(again)).toContain('back: 42')

  await writeFile(join(scene.root, 'go'), '')
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
})
