import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface CloneFolder {
  readonly objectFormat: 'sha1' | 'sha256'
  readonly branch: string
  readonly commit: string
  readonly userName: string
  readonly userEmail: string
  /** The source lacks objects that its remote has: git must not take their absence for damage. */
  readonly isPartial: boolean
  /** The agent's git is to treat names as the user's does. */
  readonly ignoresCase: boolean
  readonly precomposes: boolean
  readonly sparse: { readonly patternsFile: string; readonly cone: boolean } | null
  /** Boundary of a shallow history, `.git/shallow` of the source. */
  readonly shallowFile: string | null
  /** What the user ignores beside what the repository's files say; latin1. */
  readonly exclude: string
}

/** Writes a `.git` folder by hand, all but its objects and its index: no template, no hook, no remote, no one's settings. */
export async function writeCloneFolder(dotGit: string, clone: CloneFolder): Promise<void> {
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info']) {
    await mkdir(join(dotGit, folder), { recursive: true })
  }
  await writeFile(join(dotGit, 'HEAD'), `ref: refs/heads/${clone.branch}\n`)
  await writeFile(join(dotGit, 'refs/heads', clone.branch), `${clone.commit}\n`)
  await writeFile(join(dotGit, 'config'), configOf(clone))
  if (clone.exclude !== '') await writeFile(join(dotGit, 'info', 'exclude'), clone.exclude, 'latin1')
  if (clone.shallowFile !== null) await copyFile(clone.shallowFile, join(dotGit, 'shallow'))
  if (clone.sparse) await copyFile(clone.sparse.patternsFile, join(dotGit, 'info', 'sparse-checkout'))
}

function configOf(clone: CloneFolder): string {
  const extended = clone.objectFormat === 'sha256' || clone.isPartial
  const lines = [
    '[core]',
    `repositoryformatversion = ${extended ? 1 : 0}`,
    'filemode = true',
    'bare = false',
    'logallrefupdates = true',
    // The guest sees other inode numbers and owners than the host that wrote the index: sizes and times tell it enough.
    'checkStat = minimal',
    'trustctime = false',
    ...(clone.ignoresCase ? ['ignorecase = true'] : []),
    ...(clone.precomposes ? ['precomposeunicode = true'] : []),
    ...(clone.sparse ? ['sparseCheckout = true', `sparseCheckoutCone = ${clone.sparse.cone}`] : []),
    ...(extended ? ['[extensions]'] : []),
    ...(clone.objectFormat === 'sha256' ? ['objectFormat = sha256'] : []),
    ...(clone.isPartial ? ['partialClone = absent'] : []),
    '[user]',
    `name = ${clone.userName}`,
    `email = ${clone.userEmail}`,
  ]
  return `${lines.join('\n')}\n`
}
