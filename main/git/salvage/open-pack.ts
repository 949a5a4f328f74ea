import { link, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { locateWhatIsLeft } from '../conflicts/locate-what-is-left.ts'
import { makeScratchRepository } from '../import/scratch-repository.ts'
import { type GitOptions, gitOrThrow } from '../process/git.ts'
import { objectStores } from '../repository/object-stores.ts'

/** Repositories in the scratch folder: the view shows what is in the pack, unchecked; the others are empty but for the start. */
export interface OpenedPack {
  readonly source: Awaited<ReturnType<typeof locateWhatIsLeft>>
  readonly receiver: string
  readonly proof: string
  readonly view: string
}

/** Opens a pack that another host made, to be imported from: nothing in it is believed. @throws where it is none. */
export async function openPack(
  scratch: string,
  {
    repoPath,
    commonDirectory,
    startCommit,
    pack,
  }: {
    readonly repoPath: string
    readonly commonDirectory?: string | undefined
    readonly startCommit: string
    /** On the disk of the scratch folder; it need not be there where it would be empty. */
    readonly pack: string | null
  },
  signal?: AbortSignal,
): Promise<OpenedPack> {
  const source = await locateWhatIsLeft({ repoPath, commonDirectory }, signal)
  const stores = await objectStores(source.commonDirectory)
  const [receiver, proof, view] = ['receiver.git', 'proof.git', 'view.git'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ]
  const common = {
    objectFormat: source.objectFormat,
    shallow: source.isShallow ? await readFile(join(source.commonDirectory, 'shallow'), 'utf8') : null,
    ...{ exclude: '', isPartial: false, stores },
  }
  const start = { 'refs/heads/start': startCommit }
  for (const path of [receiver, proof]) await makeScratchRepository(path, { ...common, refs: start })
  await makeScratchRepository(view, { ...common, refs: {} })
  if (pack !== null) await indexPack(pack, view, signal)
  return { source, receiver, proof, view }
}

/** Puts it where the view looks, with an index that we make: that which is beside a pack is a claim. */
async function indexPack(pack: string, view: string, signal?: AbortSignal): Promise<void> {
  const size = await stat(pack).then(
    (found) => found.size,
    () => 0,
  )
  if (size === 0) return
  const inView: GitOptions = { cwd: view, trust: 'none', env: { GIT_DIR: view } }
  const placed = join(view, 'objects', 'pack', 'pack-came.pack')
  await link(pack, placed)
  await gitOrThrow(['index-pack', '--no-rev-index', placed], inView, signal)
}
