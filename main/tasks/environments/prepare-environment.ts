import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { type CheckReport, succeeded } from '../../core/merge/check-report.ts'
import type { MachineHandle, SlotId, Task, TaskId } from '../../core/task/task.ts'
import { baseUrlVariable } from '../../settings/guest-environment.ts'
import { shortageText } from '../admission/disk-space.ts'
import { checkTermsOf, type TermsParts } from '../landing/check-terms.ts'
import { taskFiles } from '../record/task-files.ts'
import { runCommitMachine } from '../run/commit-machine.ts'
import type { RunnerContext } from '../run/task-run.ts'
import { untilShort } from '../run/watch-disk.ts'
import { machineSpec } from '../slots/machine-spec.ts'
import type { Provisions } from '../slots/provisions.ts'
import { makeBlankDisk } from '../slots/slot-storage.ts'

export type PreparationContext = Pick<RunnerContext, 'home' | 'driver' | 'limits' | 'clock'> & TermsParts

export interface Preparation {
  /** A task of the repository: what such tasks work in, and where its flake lies. */
  readonly task: Task
  /** Of the user's branch. */
  readonly commit: string
  /** Names the machine, which is no task's. */
  readonly id: TaskId
  /** Empty, and gone once the disk was taken. */
  readonly folder: string
  readonly onStarted: (handle: MachineHandle) => void
}

/** Downloads and builds of a whole environment may take long, and nobody waits for them. */
const timeoutMs = 2 * 60 * 60_000

/**
 * Runs in the development shell, once that is there. It lays what nix remembered beside nix's database, without the sources that it keeps there as well:
 * they are in the store.
 */
const keepCaches = [
  'PATH=/usr/bin:/bin:$PATH',
  'mkdir -p /nix/var/prepared || exit',
  'cd "$HOME/.cache/nix" 2>/dev/null || exit 0',
  'for each in eval-cache-* fetcher-cache-*; do if [ -e "$each" ]; then cp -R "$each" /nix/var/prepared/ || exit; fi; done',
].join('\n')

/** The check of nothing: its machine enters the development shell, and that is what it is for. */
const policy = { kind: 'check', command: keepCaches, timeoutMs } as const

/** Secrets of the user's are for tasks, and so is the way to the API, whose address may hold one, too. */
function withoutSecrets({ gateway, variables, ...rest }: Provisions): Provisions {
  const { [baseUrlVariable]: _, ...others } = variables
  return { ...rest, variables: others, forwards: [], ...(gateway && { gateway: { ...gateway, secrets: [] } }) }
}

/** Of no slot: only one machine prepares at a time. */
const mac = '02:6d:76:6d:00:00'
const anySlot = 1 as SlotId

export const preparingName = (id: TaskId): string => `${id}-prepare`

/**
 * Builds the environment of a commit in a machine with blank disks, in which no agent ever works.
 * @returns the path of the disk that holds its store; the machine has ended.
 * @throws AppError when it cannot be prepared, and the signal's reason when that fires.
 */
export async function prepareEnvironment(
  context: PreparationContext,
  { task, commit, id, folder, onStarted }: Preparation,
  signal: AbortSignal,
): Promise<string> {
  const { home, limits, driver } = context
  const provide = async (repoPath: string) => withoutSecrets(await context.provisions(repoPath))
  const terms = await checkTermsOf(task, policy, { driver, limits, provisions: provide })
  const { provisions } = terms
  const files = {
    ...taskFiles(home, id),
    ...{ folder, workFolder: folder, share: join(folder, 'share'), repo: join(folder, 'repo') },
    ...{ console: join(folder, '..', 'prepare.log'), network: join(folder, '..', 'network.jsonl') },
  }
  const disk = join(folder, 'nix-store.img')
  const size = { ...limits, ...terms.size }
  const { report, isWhole } = await runCommitMachine(
    context,
    {
      ...{
        id,
        repoPath: task.repoPath,
        commit,
        needsFlake: task.environment === undefined,
        files,
        timeoutMs,
        onStarted,
      },
      share: terms.share,
      // Earlier than a task is stopped for it.
      limitReached: async (over) => {
        const shortage = await untilShort([home], limits.minFreeGiB ?? 0, over)
        return shortage && { code: 'disk-full', message: `The disk runs full: ${shortageText(shortage)}` }
      },
      secret: provisions.key.value,
      volumes: async () => [
        await makeBlankDisk('nix-store', disk),
        await makeBlankDisk('var', join(folder, 'var.img')),
      ],
      spec: (volumes) => {
        const spec = machineSpec(id, { home, limits: size, files, slot: anySlot, volumes, provisions })
        return { ...spec, name: preparingName(id), network: { ...spec.network, mac } }
      },
    },
    signal,
  )
  if (succeeded(report) && isWhole) return disk
  throw new AppError(
    'guest-failed',
    succeeded(report) ? 'Its machine did not power off by itself' : whyFailed(report),
    {
      hint: `Its console is ${files.console}`,
    },
  )
}

function whyFailed({ output, timedOut }: CheckReport): string {
  if (timedOut) return 'It took longer than two hours'
  return output.trim().split('\n').slice(-8).join('\n') || 'nix develop failed'
}
