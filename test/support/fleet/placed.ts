import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyPlace } from '../../../main/core/task/task-place.ts'
import { createFleet } from '../../../main/fleet/fleet.ts'
import type { Patience } from '../../../main/fleet/follow/patience.ts'
import { endAll, findDetached } from '../../../main/lib/processes/find-processes.ts'
import { addPlace } from '../../../main/settings/places.ts'
import { registeredRepository } from '../orchestrator.ts'
import { temporaryFolder } from '../temporary.ts'
import { shortPatience } from './patience.ts'
import { processProgram } from './process-program.ts'
import { startSshd, type TestSshd } from './sshd.ts'

export interface PlaceScene extends AsyncDisposable {
  readonly root: string
  readonly repo: string
  /** Everything of the node. */
  readonly node: string
  readonly sshd: TestSshd
  /** What `startOrchestrator` takes to have the place `desk`. */
  readonly setup: {
    readonly root: string
    readonly guest: string
    readonly places: (home: string) => ReturnType<typeof createFleet>
  }
}

/** A home with a registered repository, and a node that a real sshd leads to, whose machines are processes running the guest. */
export async function placeScene(
  guestOf: (root: string) => string,
  { key, ...changed }: Partial<Patience> & { readonly key?: KeyPlace } = {},
): Promise<PlaceScene> {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const node = join(root, 'node')
  await mkdir(node, { mode: 0o700 })
  await writeFile(join(node, 'guest.sh'), guestOf(root))
  const sshd = await startSshd(root)
  const { host, options } = sshd
  const command: [string, ...string[]] = [process.execPath, await processProgram(), node]
  await addPlace(join(root, 'home'), { name: 'desk', kind: 'ssh', host, options, command, ...(key && { key }) })
  return {
    ...{ root, repo, node, sshd },
    setup: { root, guest: 'exit 1', places: (home) => createFleet(home, { ...shortPatience, ...changed }) },
    [Symbol.asyncDispose]: async () => {
      await sshd[Symbol.asyncDispose]()
      await endAll(await findDetached(node), AbortSignal.timeout(20_000))
    },
  }
}
