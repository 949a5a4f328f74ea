import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFleet } from '../../../main/fleet/fleet.ts'
import type { Patience } from '../../../main/fleet/follow/patience.ts'
import { addPlace } from '../../../main/settings/places.ts'
import { registeredRepository } from '../orchestrator.ts'
import { temporaryFolder } from '../temporary.ts'
import { shortPatience } from './patience.ts'
import { processProgram } from './process-program.ts'
import { type SlurmLab, startSlurmLab } from './slurm-lab.ts'

export interface ClusterScene extends AsyncDisposable {
  readonly root: string
  readonly repo: string
  readonly lab: SlurmLab
  /** What `startOrchestrator` takes to have the place `cluster`. */
  readonly setup: {
    readonly root: string
    readonly guest: string
    readonly places: (home: string) => ReturnType<typeof createFleet>
  }
}

/** A home with a registered repository, and a cluster of real Slurm whose machines are processes running the guest. */
export async function clusterScene(
  guestOf: (root: string) => string,
  {
    job = {},
    more = [],
    ...changed
  }: Partial<Patience> & { readonly job?: Readonly<Record<string, string>>; readonly more?: readonly string[] } = {},
): Promise<ClusterScene> {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const lab = await startSlurmLab(root, more)
  for (const node of ['n1', 'n2']) await writeFile(join(lab.scratchOf(node), 'guest.sh'), guestOf(root))
  const command: [string, ...string[]] = [process.execPath, await processProgram(), lab.scratch]
  await addPlace(join(root, 'home'), { name: 'cluster', kind: 'slurm', login: null, job, command })
  return {
    ...{ root, repo, lab },
    setup: { root, guest: 'exit 1', places: (home) => createFleet(home, { ...shortPatience, ...changed }) },
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  }
}
