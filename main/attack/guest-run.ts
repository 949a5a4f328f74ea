import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import type { MachineHandle } from '../core/task/task.ts'
import { readGuestFile } from '../lib/guest/guest-file.ts'
import type { MachineDriver } from '../machines/driver.ts'
import type { LeftBehind, Privilege } from './attack.ts'
import { attackScript } from './attack-image.ts'
import { plantedSecret } from './catalog/gateway-attacks.ts'
import type { Bait, Prepared } from './fixtures.ts'

const honest = {
  result: '{"success":true,"summary":"Done.","files_changed":["honest.txt"],"error":null}',
  stream: '{"type":"result","subtype":"success","result":"Done."}',
} as const

/** What the guest did, as far as the host can see it. */
export interface GuestRun {
  readonly machine: MachineHandle
  readonly console: string
  /** What the guest said of the attack when its script failed; undefined when it did not. */
  failureOf(attack: LeftBehind | Privilege): Promise<string | undefined>
}

/** Where a `Privilege` has its folder. */
export const privilegeFolder = (shared: string, { name }: Privilege): string => join(shared, 'privileges', name)

/** One machine in which every attack on files is carried out, each on its own task's share and clone, and the network is probed. */
export async function runGuest(
  driver: MachineDriver,
  bait: Bait,
  parts: {
    readonly prepared: readonly Prepared[]
    readonly privileges: readonly Privilege[]
    readonly probe: string
    readonly forwardPort: number
    /** What the machine's gateway asks, and lists, as `HOST:PORT`. */
    readonly apiHost: string
  },
  signal: AbortSignal,
): Promise<GuestRun> {
  const shared = join(bait.folder, 'guest')
  const unused = join(bait.folder, 'unused')
  await mkdir(join(shared, 'scripts'), { recursive: true })
  await mkdir(join(shared, 'failed'))
  await mkdir(unused)
  const script = (name: string, text: string) => writeFile(join(shared, 'scripts', `${name}.sh`), text)
  for (const each of parts.prepared) await script(each.attack.name, taskScript(each))
  for (const attack of parts.privileges) {
    await mkdir(privilegeFolder(shared, attack), { recursive: true })
    await script(attack.name, `cd '/workspace/privileges/${attack.name}'\n${attack.guest}\n:\n`)
  }
  await writeFile(join(shared, 'probe.sh'), parts.probe)
  await writeFile(join(shared, attackScript), guestScript)
  await driver.prepareOwnership([shared, unused], signal)

  const consolePath = join(bait.folder, 'guest-run.log')
  const machine = await driver.start(
    {
      name: `attack-${process.pid}`,
      owner: bait.folder,
      cpus: 2,
      memoryMiB: 1024,
      shares: [
        { tag: 'share', directory: shared },
        { tag: 'repo', directory: unused },
      ],
      volumes: [],
      consolePath,
      network: {
        egress: 'closed',
        forwards: [{ host: '127.0.0.1', port: parts.forwardPort }],
        gateway: {
          config: {
            hosts: [parts.apiHost],
            api: {
              url: `http://${parts.apiHost}`,
              credential: { header: 'x-api-key', key: bait.key },
              serverTools: 'refuse',
            },
            secrets: [plantedSecret(parts.apiHost)],
          },
          logPath: join(bait.folder, 'guest-run-network.jsonl'),
        },
        mac: '02:4d:56:00:00:7e',
      },
    },
    signal,
  )
  signal.addEventListener('abort', () => void machine.powerOff(AbortSignal.abort()), { once: true })
  const exit = await machine.exited
  signal.throwIfAborted()
  const console = await readFile(consolePath, 'utf8')
  if (exit.kind !== 'powered-off') {
    throw new AppError('guest-failed', `The red-team guest ended otherwise than it should: ${JSON.stringify(exit)}`, {
      hint: console.trim().split('\n').slice(-5).join(' / '),
    })
  }
  return {
    machine: machine.handle,
    console,
    failureOf: async ({ name }) => {
      const read = await readGuestFile(join(shared, 'failed'), name, 4096)
      return read.kind === 'read' ? read.bytes.toString('utf8') : undefined
    },
  }
}

const guestScript = `
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' HOME=/root LC_ALL=C
export GIT_AUTHOR_NAME=Claude GIT_AUTHOR_EMAIL=claude@example.invalid
export GIT_COMMITTER_NAME=Claude GIT_COMMITTER_EMAIL=claude@example.invalid
bash /workspace/probe.sh &
cd /workspace/scripts
ls | xargs -P 2 -I SCRIPT sh -c 'name=$(basename SCRIPT .sh)
  timeout 240 bash -e SCRIPT </dev/null >/run/$name.out 2>&1 || { echo "failed: $name"; tail -c 2000 /run/$name.out >../failed/$name; }'
cd /
wait
sync
`

function taskScript({ attack, outside, record }: Prepared): string {
  const names = {
    SHARE: `/workspace/${attack.name}/share`,
    REPO: `/workspace/${attack.name}/repo`,
    BRANCH: `task-${record.task.id}`,
    SECRET_FILE: outside.secretFile,
    VICTIM: outside.victim,
    FIRE: outside.fire,
    OTHER: outside.other,
    OTHER_COMMIT: outside.otherCommit,
  }
  return `${Object.entries(names)
    .map(([name, value]) => `export ${name}='${value}'`)
    .join('\n')}
rm "$SHARE/.api-key"
: >"$SHARE/started"
echo '${honest.stream}' >"$SHARE/claude-stream.jsonl"
echo work >"$REPO/honest.txt"
echo '${honest.result}' >"$SHARE/result.json"
${attack.guest}
:
`
}
