import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClonedWorkspace, cloneWorkspace } from '../../git/clone/clone-workspace.ts'
import { unlinkName } from '../../lib/files/live-folder.ts'
import { pathExists } from '../../lib/files/look.ts'
import { moveNames } from '../../lib/files/move-names.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { placeGuestFile } from '../../lib/guest/guest-file.ts'
import type { Machine, MachineDriver } from '../../machines/driver.ts'
import { shareNames, type TaskFiles } from '../record/task-files.ts'
import { placeContents, shareContents } from '../run/write-share.ts'
import { type AgentParts, agentInputs } from './agent-inputs.ts'

interface Loaded {
  /** Of all that it found. */
  readonly inputs: string
  readonly clone: ClonedWorkspace
  /** In the share. */
  readonly names: readonly string[]
}

/** A guest that ends an agent has nothing else to do. */
const unloadMs = 30_000

/**
 * The agent in a machine that waits, with the clone that it was loaded in. Programs of the repository ran in that guest, which can write the clone: so each
 * clone is made where no guest sees it, and comes and goes by its names alone.
 */
export class LoadedAgent {
  readonly #files: TaskFiles
  readonly #driver: Pick<MachineDriver, 'prepareOwnership'>
  #loaded: Loaded | null = null
  #wasLoaded = false

  constructor(files: TaskFiles, driver: Pick<MachineDriver, 'prepareOwnership'>) {
    this.#files = files
    this.#driver = driver
  }

  /** Whether the guest has ever run anything of the repository. */
  get wasLoaded(): boolean {
    return this.#wasLoaded
  }

  /** Where a clone is made for it. */
  get cloneFolder(): string {
    return join(this.#files.ahead, 'clone')
  }

  /** Loads the agent of the task, without its text. One that was loaded already stays where it would find nothing else, and is ended otherwise. */
  async load(machine: Machine, parts: AgentParts, signal: AbortSignal): Promise<void> {
    const inputs = await agentInputs(parts, signal)
    if (inputs === (this.#loaded?.inputs ?? null)) return
    await this.unload(machine, signal)
    if (inputs === null) return
    const { task, provisions } = parts
    const needsFlake = task.environment === undefined
    const workspace = this.cloneFolder
    await removeTree(workspace)
    const clone = await cloneWorkspace({ repoPath: task.repoPath, workspace, taskId: task.id, needsFlake }, signal)
    const { variables, texts } = await shareContents(task, provisions)
    // What changed while it was copied is for the next look.
    if ((await agentInputs(parts, signal)) !== inputs) return await removeTree(workspace)
    await this.putClone(signal)
    const before = new Map([...texts].filter(([name]) => name !== shareNames.description))
    await placeContents(this.#files, { variables, texts: before })
    await this.#driver.prepareOwnership([this.#files.share], signal)
    this.#wasLoaded = true
    await this.#tell(machine, shareNames.load, signal)
    this.#loaded = { inputs, clone, names: [...before.keys(), shareNames.environment] }
  }

  /** The clone of an agent that is loaded and fits; undefined where there is none. */
  async cloneOf(parts: AgentParts, signal?: AbortSignal): Promise<ClonedWorkspace | undefined> {
    if (!this.#loaded) return undefined
    return (await agentInputs(parts, signal)) === this.#loaded.inputs ? this.#loaded.clone : undefined
  }

  /** Has the guest end its agent, and takes the clone away. @throws when the guest does not say that it has. */
  async unload(machine: Machine, signal: AbortSignal): Promise<void> {
    if (!this.#loaded) return
    const { share, repo, ahead } = this.#files
    const { names } = this.#loaded
    this.#loaded = null
    if ((await unlinkName(join(share, shareNames.waiting))) === 'folder') throw new Error('the guest does not wait')
    await placeGuestFile(share, shareNames.unload, '')
    await machine.setClock(signal)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(unloadMs)])
    while (!(await pathExists(join(share, shareNames.waiting)))) await sleep(20, undefined, { signal: limit })
    // None of it may speak for a task that is given no such thing.
    for (const name of names) await unlinkName(join(share, name))
    const replaced = join(ahead, 'replaced')
    await removeTree(replaced)
    await mkdir(replaced, { mode: 0o700 })
    await moveNames(repo, replaced)
    await removeTree(replaced)
  }

  /** Puts the clone that was made into its place. @throws where something is there. */
  async putClone(signal: AbortSignal): Promise<void> {
    await this.#driver.prepareOwnership([this.cloneFolder], signal)
    await moveNames(this.cloneFolder, this.#files.repo)
  }

  /** It is its task's from now on, and the clone, too. */
  handOver(): void {
    void removeTree(this.#files.ahead).catch(() => undefined) // It goes with the task's folder.
  }

  /** Once nothing of its machine is alive. */
  async discardClone(): Promise<void> {
    this.#loaded = null
    for (const folder of [this.#files.repo, this.#files.ahead]) await removeTree(folder)
  }

  async #tell(machine: Machine, name: string, signal: AbortSignal): Promise<void> {
    await placeGuestFile(this.#files.share, name, '')
    if (await pathExists(join(this.#files.share, shareNames.waiting))) await machine.setClock(signal)
  }
}
