import { type GitOptions, type GitResult, git } from '../process/git.ts'

/** Every object is checked as it comes, and the transfer is between folders of this machine only. */
const checkedTransfer: readonly string[] = [
  'transfer.fsckObjects=true',
  'fetch.fsckObjects=true',
  'fetch.writeCommitGraph=false',
  'protocol.version=2',
  'protocol.allow=never',
  'protocol.file.allow=always',
]

export interface Fetched {
  /** A repository on this host, by its path. */
  readonly from: string
  /** Ids of commits or tags by the ref that each is stored at; moved wherever it was. */
  readonly refs: Readonly<Record<string, string>>
  /** A commit that both sides have. */
  readonly commonCommit: string
}

/**
 * Takes commits with their history, every object checked on its way in; nothing else is fetched, written down or started. When git
 * refuses one of them, none may have come.
 */
export function checkedFetch(
  { from, refs, commonCommit }: Fetched,
  options: GitOptions,
  signal?: AbortSignal,
): Promise<GitResult> {
  return git(
    [
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-recurse-submodules',
      '--no-auto-maintenance',
      `--negotiation-tip=${commonCommit}`,
      from,
      ...Object.entries(refs).map(([ref, id]) => `+${id}:${ref}`),
    ],
    { ...options, config: checkedTransfer, input: '' },
    signal,
  )
}
