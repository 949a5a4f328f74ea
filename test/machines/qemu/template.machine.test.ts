import { mkdtemp, open, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { MachineHandle } from '../../../main/core/task/task.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { GuestLine } from '../../../main/machines/attach/guest-line.ts'
import type { MachineDriver } from '../../../main/machines/driver.ts'
import type { GuestImage } from '../../../main/machines/guest-image.ts'
import { consoleSays, leftovers, processesNaming, startForTest } from '../../support/machines/bare-machine.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import { restoringDriver, scriptedGuest, scriptedSpec } from '../../support/machines/scripted-guest.ts'
import { startNode } from '../../support/node-process.ts'
import { until } from '../../support/until.ts'

const never = new AbortController().signal
const warnings: string[] = []
const log = { ...silentLog, with: () => log, warn: (message: string) => void warnings.push(message) }
let image: GuestImage
let driver: MachineDriver

beforeAll(async () => {
  const real = await prepareHost(() => undefined, never)
  image = await scriptedGuest(real, await mkdtemp(join(tmpdir(), 'mvm-template-')))
  driver = restoringDriver(image, log)
})
afterAll(() => rm(image.directory, { recursive: true, force: true }))

const templates = () => join(image.directory, 'templates')
const wholeTemplates = async () => (await readdir(templates())).filter((name) => /^[0-9a-f]{20}$/.test(name))
/** Of a machine that was booted the command line names its own network. */
const restoredSays = /^cmdline .* microvm\.template *\r?$/m

/** Guests' memory that this process has open. */
async function openMemories(): Promise<readonly string[]> {
  const folder = '/proc/self/fd'
  const targets = (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => 'closed meanwhile'))
  return (await Promise.all(targets)).filter((target) => target.startsWith('/memfd:memory-backend'))
}

const showsItself = `
echo cmdline $(cat /proc/cmdline)
echo boot-id $(cat /proc/sys/kernel/random/boot_id)
echo uuid $(cat /proc/sys/kernel/random/uuid)
echo bytes $(od -An -v -tx1 -N32 /dev/urandom)
for card in /sys/class/net/eth*; do echo card \${card##*/} $(cat $card/address) $(ip -4 -o addr show dev \${card##*/} | grep -o 'inet [0-9.]*'); done
echo now $(date +%s)
echo serials $(for disk in /sys/block/vd*; do cat $disk/serial; echo; done)
echo var $(mount | grep -c ' on /var type ext4')
cat /workspace/repo/of-host; echo of-guest >/workspace/repo/of-guest; echo over
`

test('two machines of one template share nothing that must differ, and each has its own folders, disk, network and time', async () => {
  const [first, second] = [
    await scriptedSpec(driver, showsItself),
    await scriptedSpec(driver, showsItself, {
      ...{ egress: 'open', privateNetworks: true, mac: '02:4d:56:00:00:02' },
      forwards: [{ host: '127.0.0.1', port: 9 }],
    }),
  ]
  const said: Record<string, string[]>[] = []
  for (const spec of [first, second]) {
    await writeFile(join(spec.repo, 'of-host'), `of ${spec.name}\n`)
    const before = Math.floor(Date.now() / 1000)
    const machine = await startForTest(driver, spec)
    expect(await openMemories()).toEqual([])
    expect(await machine.exited).toEqual({ kind: 'powered-off' })
    const console = await readFile(spec.consolePath, 'utf8')
    expect(console).toMatch(restoredSays)
    expect(console).toContain(`of ${spec.name}`)
    expect(await readFile(join(spec.repo, 'of-guest'), 'utf8')).toBe('of-guest\n')
    expect(await leftovers(spec.name)).toEqual([])
    const words = Object.groupBy(console.split(/\r?\n/), (line) => line.split(' ', 1)[0] ?? '')
    said.push(words as Record<string, string[]>)
    expect(Number(words.now?.[0]?.split(' ')[1])).toBeGreaterThanOrEqual(before)
    expect([words.serials, words.var]).toEqual([['serials root var'], ['var 1']])
  }
  expect(warnings).toEqual([])
  expect(await wholeTemplates()).toHaveLength(1)
  for (const word of ['boot-id', 'uuid', 'bytes']) {
    expect(said[0]?.[word]?.[0]).toMatch(/\w{2}/)
    expect(said[0]?.[word]).not.toEqual(said[1]?.[word])
  }
  expect(said[0]?.card).toEqual(['card eth0 02:4d:56:00:00:01 inet 10.0.2.15'])
  expect(said[1]?.card).toEqual([
    'card eth0 02:4d:56:00:00:02 inet 10.0.2.15',
    'card eth1 02:4d:56:80:00:02 inet 198.51.100.15',
  ])
})

test('a template is for the user of this process alone: no hypervisor and no helper can read it', async () => {
  const [key = ''] = await wholeTemplates()
  for (const name of ['', 'memory', 'devices', 'template.json']) {
    const { uid, mode } = await stat(join(templates(), key, name))
    expect([uid, mode & 0o077]).toEqual([process.getuid?.(), 0])
  }
})

test('a machine that was restored is adopted, stands still and goes on, has its line, and takes a stop', async () => {
  const spec = await scriptedSpec(driver, `${showsItself}\nwhile :; do echo beat; sleep 0.2; done`)
  const [ofImage, ofMachine] = [JSON.stringify(image), JSON.stringify(spec)]
  const { firstLine, kill } = await startNode('machines/start-restored.ts', [ofImage, ofMachine])
  kill()
  expect(await consoleSays(spec.consolePath, 'beat')).toMatch(restoredSays)
  const machine = await driver.adopt(JSON.parse(firstLine) as MachineHandle)
  if (!machine?.openLine) throw new Error('not adopted')
  onTestFinished(() => machine.powerOff(AbortSignal.abort()))

  await machine.pause(never)
  const paused = await readFile(spec.consolePath, 'utf8')
  await machine.resume(never)
  await until(async () => (await readFile(spec.consolePath, 'utf8')).length > paused.length)
  const line = await GuestLine.begin(await machine.openLine(never), never)
  const ports = await line.open({ kind: 'ports' }, never)
  for await (const heard of ports) expect(String(heard)).toBeDefined()
  line.close()
  await machine.powerOff(AbortSignal.timeout(60_000))
  expect(await machine.exited).toEqual({ kind: 'stopped' })
  expect(await leftovers(spec.name)).toEqual([])
})

test('a damaged template is told of once, the machine is booted, and the next one has a new template', async () => {
  const [key = ''] = await wholeTemplates()
  const memory = await open(join(templates(), key, 'memory'), 'r+')
  const { size } = await memory.stat()
  await memory.write(Buffer.from('damage'), 0, 6, size / 2)
  await memory.close()
  const [booted, restored] = [await scriptedSpec(driver, showsItself), await scriptedSpec(driver, showsItself)]
  for (const spec of [booted, restored]) {
    expect(await (await startForTest(driver, spec)).exited).toEqual({ kind: 'powered-off' })
  }
  expect(await readFile(booted.consolePath, 'utf8')).not.toMatch(restoredSays)
  expect(await readFile(restored.consolePath, 'utf8')).toMatch(restoredSays)
  expect(warnings.splice(0)).toEqual(['template of memory failed: the machine is booted'])
})

test('who dies while it makes a template leaves nothing that stays; of two who want one at once, one makes it and the other boots', async () => {
  await rm(templates(), { recursive: true })
  const dies = await scriptedSpec(driver, showsItself)
  const [ofImage, ofMachine] = [JSON.stringify(image), JSON.stringify(dies)]
  const { kill } = await startNode('machines/start-restored.ts', [ofImage, ofMachine, 'begins'])
  await until(async () =>
    (await processesNaming(`/${dies.name}/`)).some(({ command }) => command.includes('qemu-system')),
  )
  kill()
  await driver.reap(dies.owner, () => false, AbortSignal.timeout(20_000))
  expect(await leftovers(dies.name)).toEqual([])

  // The lock of the dead is taken over once it is known that they are.
  const name = (await readdir(templates())).find((entry) => entry.endsWith('.lock'))
  await rm(join(templates(), name ?? 'none'), { recursive: true })
  const specs = [await scriptedSpec(driver, showsItself), await scriptedSpec(driver, showsItself)]
  const machines = await Promise.all(specs.map((spec) => startForTest(restoringDriver(image, log), spec)))
  for (const { exited } of machines) expect(await exited).toEqual({ kind: 'powered-off' })
  const consoles = await Promise.all(specs.map(({ consolePath }) => readFile(consolePath, 'utf8')))
  expect(consoles.filter((text) => restoredSays.test(text))).toHaveLength(1)
  expect([warnings, await wholeTemplates()]).toEqual([[], [expect.any(String)]])
})
