import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import type { MachineDriver, MachineSpec } from '../../../main/machines/driver.ts'
import { createDriver } from '../../../main/machines/drivers.ts'
import type { GuestImage } from '../../../main/machines/guest-image.ts'
import { readSettings } from '../../../main/settings/settings.ts'
import { bareGuest } from '../../support/machines/bare-guest.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import { type Bench, type BenchContext, inPairs } from '../measure.ts'

/** The runner's first line, and the bare init's only one. */
const firstLine = /^microvm: (runner started|bare init) up=([\d.]+)/m

export const boot: Bench = {
  name: 'boot',
  about: "power-on to the runner's first line against the same kernel and devices with a bare init",
  async measure(context) {
    const image = await prepareHost(context.say, context.signal)
    const machines = await makeMachines(context, image)
    context.say('booting; the first guest formats its disks')
    const measured = await inPairs(context.quick ? 1 : 5, machines.bootRunner, machines.bootBare)
    return [
      {
        what: "boot, power-on to the runner's first line",
        unit: 'ms',
        ours: measured.ours,
        against: { what: 'same kernel and devices, bare init', values: measured.theirs },
        goal: { kind: 'ratio', atMost: 2 },
        notes: [
          `Of which the guest's own clock counts ${machines.guestSeconds().join(', ')} s (ours and bare in turn).`,
        ],
      },
    ]
  },
}

/** Two kinds of guest on the same driver, processors, memory, disks, shares and network card. */
export async function makeMachines(context: BenchContext, image: GuestImage) {
  const bare = await bareGuest(context.signal)
  // The line of the real guest: only the RAM disk and the program that it starts differ.
  const bareImage: GuestImage = {
    ...image,
    initrd: bare.initrd,
    kernelParameters: [...image.kernelParameters, 'rdinit=/bare'],
  }
  const [real, floor] = [image, bareImage].map((guest) =>
    createDriver({ image: () => Promise.resolve(guest), cacheDirectory: cacheDirectory(), log: silentLog }),
  )
  if (!real || !floor) throw new Error('There are two drivers')
  const seconds: number[] = []
  let count = 0
  const bootOn = async (driver: MachineDriver) => {
    const booted = await bootOnce(driver, await specIn(context, driver, ++count), context.signal)
    seconds.push(booted.guestSeconds)
    return booted.ms
  }
  return { bootRunner: () => bootOn(real), bootBare: () => bootOn(floor), guestSeconds: () => seconds }
}

/**
 * The machine of a task whose text is missing nothing but the key: its agent fails at once and the guest powers off.
 * @param slot whose disks it has; machines that run at once have different ones.
 */
export async function specIn(
  { folder, signal }: BenchContext,
  driver: MachineDriver,
  count: number,
  slot = 1,
): Promise<MachineSpec> {
  const directory = join(folder, `machine-${count}`)
  const disks = join(folder, `disks-${slot}`)
  const [share, repo] = [join(directory, 'share'), join(directory, 'repo')]
  for (const path of [share, repo, disks]) await mkdir(path, { recursive: true })
  await writeFile(join(share, 'task.md'), 'Nothing')
  const settings = readSettings(folder)
  const volumes = (['nix-store', 'var', 'containers'] as const).map((serial) => ({
    serial,
    path: join(disks, `${serial}.img`),
  }))
  for (const { path } of volumes) {
    await writeFile(path, '', { flag: 'a' })
    await truncate(path, 30 * 1024 ** 3)
  }
  await driver.prepareOwnership([share, repo, ...volumes.map(({ path }) => path)], signal)
  return {
    name: `bench-${process.pid}-${count}`,
    cpus: settings.cpus,
    memoryMiB: settings.memoryMiB,
    shares: [
      { tag: 'share', directory: share },
      { tag: 'repo', directory: repo },
    ],
    volumes,
    owner: directory,
    consolePath: join(directory, 'serial.log'),
    network: { egress: 'closed', forwards: [], mac: '02:4d:56:00:00:0b' },
  }
}

/**
 * From the start of the hypervisor's process to its guest's first line, and from the call of the driver, which counts what is done before that
 * process and its helpers as well. The machine is off again when this resolves.
 */
export async function bootOnce(driver: MachineDriver, spec: MachineSpec, signal: AbortSignal) {
  const calledAt = Date.now()
  const starting = driver.start(spec, signal)
  try {
    const { seenAt, guestSeconds } = await lineOn(spec.consolePath, signal)
    const { handle } = await starting
    return { ms: seenAt - (await startedAt(handle.startTime)), msOfCall: seenAt - calledAt, guestSeconds }
  } finally {
    const machine = await starting
    await Promise.race([machine.exited, sleep(20_000)])
    await machine.powerOff(AbortSignal.abort())
  }
}

export async function lineOn(path: string, signal: AbortSignal) {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(120_000)])
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => '')
    const found = firstLine.exec(text)
    if (found) return { seenAt: Date.now(), guestSeconds: Number(found[2]) }
    if (limit.aborted) throw new Error(`The guest never said its first line but: ${text}`)
    await sleep(5)
  }
}

/** Milliseconds since the epoch at which a process with this start time was started, to a hundredth of a second. */
async function startedAt(startTime: string): Promise<number> {
  const ticksPerSecond = Number((await runOrThrow('getconf', ['CLK_TCK'])).stdout)
  const uptime = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0])
  return Date.now() - uptime * 1000 + (Number(startTime) * 1000) / ticksPerSecond
}
