import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MachineExit, MachineHandle } from '../../../main/core/task/task.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { endAll, findDetached } from '../../../main/lib/processes/find-processes.ts'
import { isAlive, startTimeOf } from '../../../main/lib/processes/process-identity.ts'
import { startDetached } from '../../../main/lib/processes/start-detached.ts'
import { isShortage } from '../../../main/lib/shortage.ts'
import type { Machine, MachineDriver, Reaped } from '../../../main/machines/driver.ts'
import { openProcessLine } from './process-line.ts'

/** Ends a guest whose test is over, and which no one stopped: its folder is gone. */
const untilFolderIsGone =
  'while [ -d "$FOLDER" ] && kill -0 "$LEADER" 2>&-; do sleep 1; done; [ -d "$FOLDER" ] || kill -KILL 0'

/** Waits until it is known by its start time, runs the guest, and leaves how it ended. */
const guestLeader = `
FOLDER="$3" LEADER=$$ bash -c '${untilFolderIsGone}' >&- 2>&- &
watch=$!
until [ -e "$3/begin" ]; do sleep 0.01; done
bash "$1" >"$2" 2>&1
code=$?
kill "$watch"
touch "$3/exit-$code"
echo "$code" >"$3/exit"`

/** What its guests are said to boot. */
export const processImage = 'feedbeef00000000cafe'

/**
 * A driver whose machines are processes of this host: each runs a bash script, in place of the guest, on the real folders of the
 * task (`$SHARE`, `$REPO`; `$GATEWAY` is a socket that stands for its gateway), detached as a hypervisor is. For tests of what happens around a machine; real machines are tested
 * with real hypervisors.
 */
export function processDriver(runRoot: string, guestScript: string): MachineDriver {
  return {
    name: 'qemu',
    forwardAddress: '127.0.0.1',
    gatewayUrl: 'http://127.0.0.1:3128',
    canClose: true,
    imageKey: async () => processImage,
    canRestore: false,
    canLayEnvironment: true,
    problems: async () => [],
    prepareOwnership: async () => undefined,
    start: async (spec) => {
      const runDirectory = join(runRoot, spec.name)
      await mkdir(runDirectory, { recursive: true })
      await writeFile(join(runDirectory, 'owner'), spec.owner)
      const script = join(runDirectory, 'guest.sh')
      await writeFile(script, guestScript)
      await chmod(script, 0o755)
      const folder = (tag: string) => spec.shares.find((share) => share.tag === tag)?.directory ?? ''
      const { pid } = await startDetached(
        'bash',
        ['-c', guestLeader, 'guest', script, spec.consolePath, runDirectory],
        {
          env: {
            ...{ PATH: process.env.PATH ?? '', SHARE: folder('share'), REPO: folder('repo'), HOME: runDirectory },
            GATEWAY: spec.network.gatewaySocket ?? '',
          },
        },
      )
      const startTime = await startTimeOf(pid)
      if (!startTime) throw new Error('the guest ended before it was let go')
      await writeFile(join(runDirectory, 'begin'), '')
      return machine({
        driver: 'qemu',
        pid,
        startTime,
        controlSocket: '',
        runDirectory,
        helpers: [],
        image: processImage,
      })
    },
    adopt: async (handle) => ((await isAlive(handle)) ? machine(handle) : undefined),
    reap: async (owner, keep, signal) => {
      const reaped: Reaped[] = []
      const entries = await readdir(runRoot, { withFileTypes: true }).catch(() => [])
      // As the real drivers do: a test's own file beside the folders is no machine.
      for (const { name } of entries.filter((entry) => entry.isDirectory())) {
        const folder = join(runRoot, name)
        // A start that was killed may have left a folder without its owner, and no process.
        if ((await readFile(join(folder, 'owner'), 'utf8').catch(() => owner)) !== owner || keep(name)) continue
        const processes = await findDetached(`${folder}/`)
        await endAll(processes, signal)
        await rm(folder, { recursive: true, maxRetries: 10 })
        reaped.push(...processes.map((found) => ({ machine: name, name: found.name, pid: found.pid })))
      }
      return reaped
    },
  }
}

function machine(handle: MachineHandle): Machine {
  let stopped = false
  const exited = (async (): Promise<MachineExit> => {
    while (await isAlive(handle).catch(isShortage)) await sleep(20)
    if (stopped) return { kind: 'stopped' }
    // A parent would be told without a descriptor, so a success is told by a name alone.
    if (await pathExists(join(handle.runDirectory, 'exit-0'))) return { kind: 'powered-off' }
    const exitCode = await readFile(join(handle.runDirectory, 'exit'), 'utf8').then(Number, () => null)
    return { kind: 'crashed', exitCode, signal: null, detail: `exit status ${exitCode}` }
  })()
  return {
    handle,
    exited,
    openLine: async () => await openProcessLine(handle.runDirectory),
    // What a stopped process has open it writes to no more; a guest without shares powers off a while later.
    closeShares: async () => {
      await signalGroup(handle, 'SIGSTOP')
      while (await anyRuns(handle.pid)) await sleep(5)
      setTimeout(() => void signalGroup(handle, 'SIGKILL'), 100)
    },
    pause: () => signalGroup(handle, 'SIGSTOP'),
    resume: () => signalGroup(handle, 'SIGCONT'),
    setClock: async () => undefined, // It is this host's own.
    powerOff: async (signal) => {
      stopped = true
      await signalGroup(handle, 'SIGTERM')
      if (!signal.aborted)
        await Promise.race([exited, new Promise((resolve) => signal.addEventListener('abort', resolve))])
      await signalGroup(handle, 'SIGKILL')
      await exited
    },
  }
}

/** Whether a process of the group is not stopped yet, which takes it a moment. */
async function anyRuns(group: number): Promise<boolean> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
    const [state = '', , ofGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(ofGroup) === group && !/[TtZX]/.test(state)) return true
  }
  return false
}

/** The machine's whole process group: the script and what it started, also when the first of them is gone already. */
async function signalGroup(handle: MachineHandle, signal: NodeJS.Signals): Promise<void> {
  try {
    process.kill(-handle.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
