import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { allEnded } from '../../lib/all-ended.ts'

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
  const folders = ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info']
  await allEnded(folders.map((folder) => mkdir(join(dotGit, folder), { recursive: true })))
  const { exclude, shallowFile, sparse } = clone
  await allEnded([
    writeFile(join(dotGit, 'HEAD'), `ref: refs/heads/${clone.branch}\n`),
    writeFile(join(dotGit, 'refs/heads', clone.branch), `${clone.commit}\n`),
    writeFile(join(dotGit, 'config'), configOf(clone)),
    ...(exclude === '' ? [] : [writeFile(join(dotGit, 'info', 'exclude'), exclude, 'latin1')]),
    ...(shallowFile === null ? [] : [copyFile(shallowFile, join(dotGit, 'shallow'))]),
    ...(sparse ? [copyFile(sparse.patternsFile, join(dotGit, 'info', 'sparse-checkout'))] : []),
  ])
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
