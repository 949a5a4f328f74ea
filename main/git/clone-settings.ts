import { git, utf8, zeroSeparated } from './git.ts'

export interface CloneSettings {
  readonly isPartial: boolean
  /** null where the whole tree is checked out. */
  readonly sparse: { readonly cone: boolean } | null
}

/** What of a repository's settings decides which objects and files it holds. */
export async function cloneSettings(repoPath: string, signal?: AbortSignal): Promise<CloneSettings> {
  const pattern = '^(core\\.sparsecheckout(cone)?|extensions\\.partialclone|remote\\..*\\.promisor)$'
  const result = await git(
    ['config', '-z', '--get-regexp', pattern],
    { cwd: repoPath, trust: 'user', input: '' },
    signal,
  )
  const values = new Map(
    zeroSeparated(utf8(result.stdout)).map((entry) => {
      const [name = '', value = 'true'] = entry.split('\n')
      return [name, value] as const
    }),
  )
  const isOn = (name: string) => /^(true|yes|on|1)$/i.test(values.get(name) ?? '')
  return {
    isPartial: [...values.keys()].some(
      (name) => name === 'extensions.partialclone' || /^remote\..*\.promisor$/.test(name),
    ),
    sparse: isOn('core.sparsecheckout') ? { cone: isOn('core.sparsecheckoutcone') } : null,
  }
}
