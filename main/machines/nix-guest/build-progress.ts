/** What a build of nix has done so far, read from what it writes. */
export interface BuildProgress {
  readonly toFetch: number
  readonly fetched: number
  readonly toBuild: number
  readonly built: number
  /** The derivation that was begun last. */
  readonly current: string | undefined
}

export const noProgress: BuildProgress = { toFetch: 0, fetched: 0, toBuild: 0, built: 0, current: undefined }

/** The progress after one more line. Pure. */
export function advance(progress: BuildProgress, line: string): BuildProgress {
  const [, toFetch] = /^th(?:ese (\d+) paths|is path) will be fetched/.exec(line) ?? []
  if (/ will be fetched/.test(line)) return { ...progress, toFetch: Number(toFetch ?? 1) }
  const [, toBuild] = /^th(?:ese (\d+) derivations|is derivation) will be built/.exec(line) ?? []
  if (/ will be built/.test(line)) return { ...progress, toBuild: Number(toBuild ?? 1) }
  if (/^copying path '.*' from /.test(line)) return { ...progress, fetched: progress.fetched + 1 }
  const [, current] = /^building '\/.*?\/[a-z0-9]{32}-(.*?)(?:\.drv)?'/.exec(line) ?? []
  if (current !== undefined) return { ...progress, built: progress.built + 1, current }
  return progress
}

/** One line for a person. Pure. */
export function progressText({ toFetch, fetched, toBuild, built, current }: BuildProgress): string {
  if (toFetch === 0 && toBuild === 0) return 'reading the flake'
  const parts = [
    ...(toFetch > 0 ? [`fetched ${fetched} of ${toFetch}`] : []),
    ...(toBuild > 0 ? [`built ${Math.max(0, built - 1)} of ${toBuild}`] : []),
    ...(current === undefined ? [] : [`at ${current}`]),
  ]
  return parts.join(', ')
}
