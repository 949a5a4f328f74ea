import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { silentLog } from '../../../main/lib/log.ts'
import type { Machine, MachineDriver } from '../../../main/machines/driver.ts'
import { createDriver } from '../../../main/machines/drivers.ts'
import type { GuestImage } from '../../../main/machines/guest-image.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import { type Bench, type BenchContext, inPairs, type Row } from '../measure.ts'
import { bootOnce, lineOn, specIn } from './boot.ts'

export const template: Bench = {
  name: 'template',
  about: 'a machine that is restored from a template of memory against one that is booted: time, and the memory of ten',
  async measure(context) {
    const image = await prepareHost(context.say, context.signal)
    // In a folder of its own, so that a template of the user's neither helps nor goes.
    const directory = await mkdtemp(join(context.folder, 'template-'))
    context.stack.defer(() => rm(directory, { recursive: true, force: true }))
    const [booting, restoring] = [driverOf({ ...image, directory }, false), driverOf({ ...image, directory }, true)]
    return [await times(context, booting, restoring), await memory(context, booting, restoring)]
  },
}

const driverOf = (image: GuestImage, restores: boolean): MachineDriver =>
  createDriver({ image: async () => image, cacheDirectory: cacheDirectory(), log: silentLog, restore: () => restores })

async function times(context: BenchContext, booting: MachineDriver, restoring: MachineDriver): Promise<Row> {
  let count = 0
  const startWith = (driver: MachineDriver) => async () =>
    (await bootOnce(driver, await specIn(context, driver, ++count), context.signal)).msOfCall
  context.say('making a template of memory, then restoring and booting in turn')
  const measured = await inPairs(context.quick ? 1 : 5, startWith(restoring), startWith(booting))
  return {
    what: "restored, power-on to the runner's first line",
    unit: 'ms',
    ours: measured.ours,
    against: { what: 'cold boot', values: measured.theirs },
    goal: { kind: 'ratio', atMost: 0.35 },
    notes: [
      'Counted from the call of the driver: QEMU is started after memory was made for it, and copied while it starts.',
      'A machine that was restored keeps nothing in memory while none runs: the template is a file.',
    ],
  }
}

/** Ten of each, stopped at the runner's first line, one kind after the other. */
async function memory(context: BenchContext, booting: MachineDriver, restoring: MachineDriver): Promise<Row> {
  const machines = context.quick ? 2 : 10
  const folder = join(context.folder, 'many')
  await mkdir(folder)
  const ofMany = async (driver: MachineDriver, from: number) => {
    context.say(`${machines} machines at once`)
    const running: Machine[] = []
    try {
      for (let number = 1; number <= machines; number += 1) {
        const spec = await specIn({ ...context, folder }, driver, from + number, number)
        const machine = await driver.start(spec, context.signal)
        running.push(machine)
        await lineOn(spec.consolePath, context.signal)
        await machine.pause(context.signal)
      }
      return (await Promise.all(running.map(takenBy))).reduce((sum, each) => sum + each, 0)
    } finally {
      await Promise.all(running.map((machine) => machine.powerOff(AbortSignal.abort())))
    }
  }
  const booted = await ofMany(booting, 100)
  const restored = await ofMany(restoring, 200)
  return {
    what: `memory of ${machines} restored machines together`,
    unit: 'MB',
    ours: [restored],
    against: { what: `${machines} that were booted`, values: [booted] },
    goal: { kind: 'ratio', atMost: 0.5 },
    notes: [
      'Of each machine all memory that its guest holds, and what QEMU and the helpers take beside it (Pss), with the machine stopped at its first line.',
    ],
    unreached:
      "116 MB of a restored machine are what every guest of this size needs: 73 MB for the kernel's tables of its pages and 43 MB of kernel, which machines cannot share, since virtiofsd maps the same memory; some 60 MB more are code that the emulator has translated. Decision 176 has all parts, and what was tried.",
  }
}

/** In MB: all of the guest's memory that there is, mapped or not, and each process's share in what else it has mapped. */
async function takenBy({ handle }: Machine): Promise<number> {
  let bytes = await guestBytes(`/proc/${handle.pid}/fd`)
  for (const { pid } of [handle, ...handle.helpers]) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
    for (const [, kiB] of text.matchAll(/^Pss_(?:Anon|File):\s+(\d+) kB/gm)) bytes += Number(kiB) * 1024
  }
  return bytes / 1e6
}

/** The guest's memory is the one file in memory that its QEMU has open. */
async function guestBytes(folder: string): Promise<number> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if ((await readlink(path)).startsWith('/memfd:memory-backend')) return (await stat(path)).blocks * 512
  }
  throw new Error('QEMU shows no memory of its guest')
}
