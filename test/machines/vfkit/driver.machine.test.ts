import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { MachineHandle } from '../../../main/core/task/task.ts'
import { requestOverSocket } from '../../../main/lib/http/http-socket.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { applyRemedies } from '../../../main/machines/host/host-packages.ts'
import { createVfkitDriver } from '../../../main/machines/vfkit/driver.ts'
import { bareGuest } from '../../support/machines/bare-guest.ts'
import { bareDriver, bareSpec, consoleSays, leftovers, startForTest } from '../../support/machines/bare-machine.ts'
import { pretendMac } from '../../support/machines/pretend-mac.ts'
import { startNode } from '../../support/node-process.ts'

const driver = bareDriver('vfkit')
const never = new AbortController().signal
const soon = () => AbortSignal.timeout(30_000)

beforeAll(async () => {
  const missing = (await bareDriver('qemu').problems(never)).filter(({ optional }) => !optional)
  await applyRemedies(missing, { onProgress: () => undefined }, never)
  await bareGuest(never)
})

const ticking = 'n=0; until [ -f /workspace/repo/go ]; do n=$((n+1)); echo tick $n; sleep 0.1; done'

test('a paused guest stands still and goes on where it was; one that is paused can be stopped', async () => {
  const spec = await bareSpec(ticking)
  const stopped = await bareSpec(ticking)
  const [machine, other] = [await driver.start(spec, soon()), await driver.start(stopped, soon())]
  for (const { powerOff } of [machine, other]) onTestFinished(() => powerOff(AbortSignal.abort()))
  await Promise.all([spec, stopped].map(({ consolePath }) => consoleSays(consolePath, 'tick 3')))
  await Promise.all([machine, other].map((one) => one.pause(soon())))

  const before = await readFile(spec.consolePath, 'utf8')
  await other.powerOff(soon())
  expect(await other.exited).toEqual({ kind: 'stopped' })
  expect(await readFile(spec.consolePath, 'utf8')).toBe(before) // As long as the other one took to stop.
  await machine.resume(soon())
  await machine.resume(soon())
  const last = Number(
    before
      .match(/tick (\d+)/g)
      ?.at(-1)
      ?.slice(5),
  )
  await consoleSays(spec.consolePath, `tick ${last + 2}`)
  await writeFile(join(spec.repo, 'go'), '')
  expect(await machine.exited).toEqual({ kind: 'powered-off' })
  await expect(machine.pause(soon())).rejects.toThrow()
})

test("the host's time reaches the guest where it waits, also when it has stood still", async () => {
  const spec = await bareSpec(`
    for port in /sys/class/virtio-ports/*; do [ "$(cat $port/name)" != microvm.clock ] || line=/dev/$(basename $port); done
    echo waiting
    until [ -f /workspace/repo/go ] && [ "$told" = 2 ]; do
      while read -r now; do echo "time: $now"; told=$((told + 1)); [ "$told" != 2 ] || break; done <$line
      sleep 0.1 # Nobody was at the other end.
    done
  `)
  const machine = await startForTest(driver, spec)
  await consoleSays(spec.consolePath, 'waiting')
  const before = Date.now() / 1000
  await machine.setClock(soon())
  await consoleSays(spec.consolePath, 'time: ')
  await machine.pause(soon())
  await writeFile(join(spec.repo, 'go'), '')
  await machine.resume(soon())
  expect(await machine.exited).toEqual({ kind: 'powered-off' })
  const told = (await readFile(spec.consolePath, 'utf8')).match(/(?<=time: )[\d.]+/g)?.map(Number) ?? []
  expect(told).toHaveLength(2)
  for (const time of told) expect(time).toBeGreaterThanOrEqual(before - 0.001)
})

test('a machine that was paused when its orchestrator died goes on when it is adopted', async () => {
  const spec = await bareSpec(ticking)
  const starter = await startNode('machines/start-machine.ts', ['vfkit', JSON.stringify(spec)])
  const handle = JSON.parse(starter.firstLine) as MachineHandle
  await consoleSays(spec.consolePath, 'tick 3')
  const pause = {
    socketPath: handle.controlSocket,
    method: 'POST',
    path: '/vm/state',
    body: { state: 'Pause' },
  } as const
  expect((await requestOverSocket(pause, soon())).status).toBe(202)
  starter.kill()
  await writeFile(join(spec.repo, 'go'), '')
  const machine = await driver.adopt(handle)
  if (machine === undefined) throw new Error('not adopted')
  onTestFinished(() => machine.powerOff(AbortSignal.abort()))
  expect(await machine.exited).toEqual({ kind: 'powered-off' })
})

test('an open guest has one card with the MAC address of its slot; a closed one with no forwards has none', async () => {
  const script = 'for card in /sys/class/net/eth*; do echo "card: $(cat $card/address)"; done'
  const open = await bareSpec(script, { egress: 'open', mac: '02:6d:76:6d:00:07' })
  const closed = await bareSpec(script)
  for (const spec of [open, closed]) await (await startForTest(driver, spec)).exited
  const cards = async (path: string) => (await readFile(path, 'utf8')).match(/^card: [0-9a-f:]+/gm)
  expect(await cards(open.consolePath)).toEqual(['card: 02:6d:76:6d:00:07'])
  expect(await cards(closed.consolePath)).toBeNull()
})

test('a second machine with the same console keeps what the first one wrote', async () => {
  const spec = await bareSpec('echo once')
  await (await startForTest(driver, spec)).exited
  const again = { ...spec, name: `${spec.name}-again` }
  await writeFile(join(spec.share, 'run.sh'), 'echo twice')
  await (await startForTest(driver, again)).exited
  expect(await readFile(`${spec.consolePath}.1`, 'utf8')).toMatch(/^once\r?$/m)
  expect(await readFile(spec.consolePath, 'utf8')).toMatch(/^twice\r?$/m)
})

test('what vfkit refuses is told with its words: a Rosetta that is not there, a disk that is empty', async () => {
  const { vfkit = '', ...mac } = await pretendMac()
  const image = async () => ({ ...(await bareGuest(never)), rosettaTag: 'rosetta', tools: { vfkit } }) // It brings its own.
  const host = async () => ({ ...mac, vfkit: undefined, rosetta: true })
  const wrong = createVfkitDriver({ image, log: silentLog, host })
  const spec = await bareSpec('')
  await expect(wrong.start(spec, soon())).rejects.toMatchObject({
    code: 'boot-failed',
    message: expect.stringContaining(
      'vfkit ended with status 1 while the machine started: Error: rosetta is not installed',
    ),
  })
  const empty = join(spec.owner, 'empty.img')
  await writeFile(empty, '')
  const volumes = [{ serial: 'var' as const, path: empty }]
  await expect(driver.start({ ...spec, volumes }, soon())).rejects.toThrow('failed to read the header')
  expect(await leftovers(spec.name)).toEqual([])
})
