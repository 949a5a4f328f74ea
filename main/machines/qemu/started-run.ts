import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { endAll, findDetached } from '../../lib/processes/find-processes.ts'
import type { MachineSpec } from '../driver.ts'
import { endProcess, type HelperProcess } from '../helper-process.ts'
import { type HelperUser, machineUsers } from '../helper-user.ts'
import { recordPath } from '../record.ts'
import { makeRunDirectory, type RunDirectory, removeRunDirectory } from '../run-directory.ts'
import { readyMs } from '../watch/until-ready.ts'

/** A machine's run directory and what was started in it. Disposed of, nothing of it is left: no process, no socket, no folder. */
export class StartedRun implements AsyncDisposable {
  readonly run: RunDirectory
  readonly #undo = new AsyncDisposableStack()

  private constructor(run: RunDirectory) {
    this.run = run
    this.#undo.defer(async () => {
      // A pasta that cannot set up its network leaves a child behind.
      await endAll(await findDetached(`${run.path}/`, undefined, await machineUsers()), AbortSignal.timeout(readyMs))
      await removeRunDirectory(run.path)
    })
  }

  static async make(
    { name, owner, consolePath }: Pick<MachineSpec, 'name' | 'owner' | 'consolePath'>,
    user: HelperUser,
  ): Promise<StartedRun> {
    await using undo = new AsyncDisposableStack()
    const started = undo.use(new StartedRun(await makeRunDirectory(name, user)))
    await writeJsonAtomically(recordPath(started.run.path), { owner, consolePath })
    undo.move()
    return started
  }

  async started(process: Promise<HelperProcess>): Promise<HelperProcess> {
    const helper = await process
    this.#undo.defer(() => endProcess(helper.handle))
    return helper
  }

  /** All of it stays from now on: the machine runs. */
  keep(): void {
    this.#undo.move()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo.disposeAsync()
  }
}
