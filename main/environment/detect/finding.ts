import type { ToolName } from './catalog.ts'
import { shown } from './texts.ts'

/** A file of the repository; `text` is null where its being there is all that counts, or where it could not be read. */
export interface RepositoryFile {
  /** From the top, with slashes. */
  readonly path: string
  readonly text: string | null
}

/** A version as it is written, and as a range of semver; null where it cannot be understood. */
export interface Wanted {
  readonly text: string
  readonly range: string | null
}

/** How much a version binds: it is there to choose one; it says what works; it is what happens to be used elsewhere. */
export type Rank = 'pin' | 'range' | 'hint'

/** What one file says. */
export type Finding =
  | {
      readonly kind: 'tool'
      readonly tool: ToolName
      readonly path: string
      readonly wants: Wanted | null
      readonly rank: Rank
    }
  | { readonly kind: 'package'; readonly name: string; readonly path: string }
  | { readonly kind: 'doubt'; readonly text: string }

/** Reads one file. It may throw: then the file cannot be understood, and says no more than that it is there. */
export type Read = (file: ReadFile) => readonly Finding[]
export type ReadFile = RepositoryFile & { readonly text: string }

/** A kind of file. */
export interface Reader {
  /** Matched against the name, or against the whole path where the pattern has a slash. */
  readonly name: RegExp
  /** What its being there says, whatever it holds. */
  readonly there?: ToolName | readonly ToolName[]
  /** Left out, the content is not asked for. */
  readonly read?: Read
}

export const tool = (
  { path }: Pick<RepositoryFile, 'path'>,
  name: ToolName,
  wants: Wanted | null = null,
  rank: Rank = 'range',
): Finding => ({ kind: 'tool', tool: name, path, wants, rank })

export const nixPackage = ({ path }: Pick<RepositoryFile, 'path'>, name: string): Finding => ({
  ...{ kind: 'package', name, path },
})

export const doubt = ({ path }: Pick<RepositoryFile, 'path'>, text: string): Finding => ({
  ...{ kind: 'doubt', text: `${shown(path)} ${text}` },
})
