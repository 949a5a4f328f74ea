import { RecentMap } from '../../lib/recent-map.ts'
import type { StartingPoint } from './refs.ts'

const known = new RecentMap<string, StartingPoint>(200)

const keyOf = (commonDirectory: string, commit: string) => `${commit} ${commonDirectory}`

/** What was found of a commit before, which no commit of that id can differ in. */
export const knownStart = (commonDirectory: string, commit: string): StartingPoint | undefined =>
  known.get(keyOf(commonDirectory, commit))

/** For a repository that has all objects: one that lacks a file may have it later. */
export const keepStart = (commonDirectory: string, point: StartingPoint): void =>
  known.set(keyOf(commonDirectory, point.commit), point)
