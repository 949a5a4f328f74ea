import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { MachineHandle } from '../../../main/core/task/task.ts'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { silentLog } from '../../../main/lib/log.ts'
import type { Machine, MachineDriver, MachineSpec } from '../../../main/machines/driver.ts'
import { createQemuDriver } from '../../../main/machines/qemu/driver.ts'
import { openRunRoot } from '../../../main/machines/run-root.ts'
import { createVfkitDriver } from '../../../main/machines/vfkit/driver.ts'
import { temporaryFolder } from '../temporary.ts'
import { bareGuest } from './bare-guest.ts'
import { guestArchitecture, qemuName } from './guest-architecture.ts'
import { pretendMac } from './pretend-mac.ts'

export type DriverName = MachineHandle['driver']

/** A driver whose guests are bare ones. vfkit is played by the executable of `support/vfkit`. */
export function bareDriver(name: DriverName = 'qemu'): MachineDriver {
  const image = () => bareGuest(AbortSignal.timeout(300_000))
  if (name === 'vfkit') return createVfkitDriver({ image, log: silentLog, host: pretendMac })
  const architecture = qemuName[guestArchitecture()]
  return createQemuDriver({ image, cacheDirectory: cacheDirectory(), log: silentLog, architecture })
}

let count = 0

/** What a bare machine of this test needs, the guest's script in place. All of it is gone when the test is over. */
export async function bareSpec(
  script: string,
  network: Partial<MachineSpec['network']> = {},
): Promise<MachineSpec & { readonly share: string; readonly repo: string }> {
  const folder = await temporaryFolder() // Of mode 0700, like a repository below /root.
  const share = join(folder, 'share')
  const repo = join(folder, 'repo')
  const image = join(folder, 'var.img')
  await mkdir(share)
  await mkdir(repo)
  await writeFile(join(share, 'run.sh'), script)
  await writeFile(image, '')
  await truncate(image, 8 << 20)
  await bareDriver().prepareOwnership([share, repo, image], AbortSignal.timeout(10_000))
  return {
    name: `test-${process.pid}-${++count}`,
    cpus: 1,
    memoryMiB: 256,
    shares: [
      { tag: 'share', directory: share },
      { tag: 'repo', directory: repo },
    ],
    volumes: [{ serial: 'var', path: image }],
    owner: folder,
    consolePath: join(folder, 'serial.log'),
    network: { egress: 'closed', forwards: [], mac: '02:4d:56:00:00:01', ...network },
    share,
    repo,
  }
}

/** Starts a machine that does not outlive its test. */
export async function startForTest(driver: MachineDriver, spec: MachineSpec): Promise<Machine> {
  const machine = await driver.start(spec, AbortSignal.timeout(60_000))
  onTestFinished(() => machine.powerOff(AbortSignal.abort()))
  return machine
}

/** Resolves with the console's text once it holds the words; rejects with what it holds instead. */
export async function consoleSays(path: string, words: string): Promise<string> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const text = await readFile(path, 'utf8')
    if (text.includes(words)) return text
    if (Date.now() > deadline) throw new Error(`The console never said '${words}' but: ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export interface ProcessFacts {
  readonly pid: number
  readonly uid: number
  readonly command: string
}

/** Living processes that have the text in their argument list; the machine's name is in that of each of its processes. */
export async function processesNaming(text: string): Promise<readonly ProcessFacts[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
        const uid = /^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
        return command.includes(text) ? [{ pid: Number(pid), uid: Number(uid), command }] : []
      } catch {
        return [] // Gone between the listing and the reading.
      }
    }),
  )
  return found.flat()
}

/** What is left on the host of a machine: names of run directories and living processes. Empty when it was cleaned up. */
export async function leftovers(name: string): Promise<readonly string[]> {
  const folders: readonly string[] = await readdir(await openRunRoot()).catch(() => [])
  const processes = await processesNaming(`/${name}/`)
  return [...folders.filter((folder) => folder === name), ...processes.map(({ command }) => command)]
}
