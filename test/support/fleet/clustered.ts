import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ClusterKind, Place } from '../../../main/core/task/task-place.ts'
import { createFleet } from '../../../main/fleet/fleet.ts'
import type { Patience } from '../../../main/fleet/follow/patience.ts'
import { addPlace } from '../../../main/settings/places.ts'
import { registeredRepository } from '../orchestrator.ts'
import { temporaryFolder } from '../temporary.ts'
import type { ClusterLab } from './cluster-lab.ts'
import { startCondorLab } from './condor-lab.ts'
import { shortPatience } from './patience.ts'
import { processProgram } from './process-program.ts'
import { startSlurmLab } from './slurm-lab.ts'

type LabStart = (parts: {
  readonly root: string
  readonly seen: readonly string[]
  readonly more: readonly string[]
  readonly accounts: readonly string[]
}) => Promise<ClusterLab>

const labs: Readonly<Record<ClusterKind, LabStart>> = {
  slurm: ({ root, more, accounts }) => startSlurmLab(root, more, accounts),
  htcondor: ({ root, seen, more }) => startCondorLab(root, seen, more),
}

export interface ClusterScene<Kind extends ClusterKind = ClusterKind> extends AsyncDisposable {
  readonly root: string
  readonly repo: string
  readonly lab: ClusterLab
  /** As the home has it. */
  readonly place: Extract<Place, { kind: Kind }>
  /** What `startOrchestrator` takes to have the place `cluster`. */
  readonly setup: {
    readonly root: string
    readonly guest: string
    readonly places: (home: string) => ReturnType<typeof createFleet>
  }
}

export interface SceneChanges extends Partial<Patience> {
  /** What the place asks its engine for. */
  readonly job?: Readonly<Record<string, string>>
  /** Lines of the engine's configuration beside those that make a cluster. */
  readonly more?: readonly string[]
  /** Of Slurm: commands of `sacctmgr` that make accounts and limits. */
  readonly accounts?: readonly string[]
}

/** A home with a registered repository, and a cluster of a real engine whose machines are processes running the guest. */
export async function clusterScene<Kind extends ClusterKind>(
  kind: Kind,
  guestOf: (root: string) => string,
  { job = {}, more = [], accounts = [], ...changed }: SceneChanges = {},
): Promise<ClusterScene<Kind>> {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const program = await processProgram()
  const lab = await labs[kind]({ root, seen: [dirname(dirname(program))], more, accounts })
  for (const node of ['n1', 'n2']) await writeFile(join(lab.scratchOf(node), 'guest.sh'), guestOf(root))
  const command: [string, ...string[]] = [process.execPath, program, lab.scratch]
  const place = { name: 'cluster', kind, login: null, job, command } as unknown as Extract<Place, { kind: Kind }>
  await addPlace(join(root, 'home'), place)
  return {
    ...{ root, repo, lab, place },
    setup: { root, guest: 'exit 1', places: (home) => createFleet(home, { ...shortPatience, ...changed }) },
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  }
}
