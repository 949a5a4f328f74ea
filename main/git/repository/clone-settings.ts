import { git, utf8, zeroSeparated } from '../process/git.ts'

export interface CloneSettings {
  readonly isPartial: boolean
  /** null where the whole tree is checked out. */
  readonly sparse: { readonly cone: boolean } | null
  /** What `core.excludesFile` says; null where it is not set. */
  readonly excludesFile: string | null
  /** Whether the user's file system has one file for names that differ in case, or in how accents are written: as git found it there. */
  readonly ignoresCase: boolean
  readonly precomposes: boolean
}

/** What of a repository's settings decides which objects and files it holds, and which of them git sees. */
export async function cloneSettings(repoPath: string, signal?: AbortSignal): Promise<CloneSettings> {
  const pattern =
    '^(core\\.(sparsecheckout(cone)?|excludesfile|ignorecase|precomposeunicode)|extensions\\.partialclone|remote\\..*\\.promisor)$'
  const result = await git(
    ['config', '-z', '--get-regexp', pattern],
    { cwd: repoPath, trust: 'user', input: '' },
    signal,
  )
  const values = new Map(
    zeroSeparated(utf8(result.stdout)).map((entry) => {
      const end = entry.indexOf('\n')
      return end < 0 ? ([entry, 'true'] as const) : ([entry.slice(0, end), entry.slice(end + 1)] as const)
    }),
  )
  const isOn = (name: string) => /^(true|yes|on|1)$/i.test(values.get(name) ?? '')
  return {
    isPartial: [...values.keys()].some(
      (name) => name === 'extensions.partialclone' || /^remote\..*\.promisor$/.test(name),
    ),
    sparse: isOn('core.sparsecheckout') ? { cone: isOn('core.sparsecheckoutcone') } : null,
    excludesFile: values.get('core.excludesfile') ?? null,
    ignoresCase: isOn('core.ignorecase'),
    precomposes: isOn('core.precomposeunicode'),
  }
}
