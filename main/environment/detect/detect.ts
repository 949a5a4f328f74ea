import type { Found, FoundPackage } from '../../core/environment/found.ts'
import { type ToolName, toolNames } from './catalog.ts'
import { chooseLine } from './choose-line.ts'
import { isComposeFile } from './compose-files.ts'
import { findDevContainer, isDevContainer } from './dev-container.ts'
import { doubt, type Finding, type Reader, type RepositoryFile, tool } from './finding.ts'
import { contradictingLocks } from './lock-files.ts'
import { byPresence } from './readers/by-presence.ts'
import { compiled } from './readers/compiled.ts'
import { dockerfile } from './readers/dockerfile.ts'
import { javascript, needsNode } from './readers/javascript.ts'
import { jvm } from './readers/jvm.ts'
import { native } from './readers/native.ts'
import { python } from './readers/python.ts'
import { scripting } from './readers/scripting.ts'
import { versionManagers } from './readers/version-managers.ts'
import { shown, withShortGaps } from './texts.ts'

const readers: readonly Reader[] = [
  ...javascript,
  ...python,
  ...compiled,
  ...scripting,
  ...jvm,
  ...native,
  ...versionManagers,
  ...dockerfile,
  ...byPresence,
]

const most = { packages: 60, doubts: 40 } as const

/** What a file is asked for, by its path alone. Pure. */
export function interestIn(path: string): 'content' | 'presence' | 'none' {
  if (isDevContainer(path) || isComposeFile(path)) return 'content'
  const all = readersOf(path)
  return all.some(({ read }) => read) ? 'content' : all.length > 0 ? 'presence' : 'none'
}

/** What the files say that the repository needs. Pure: the same files give the same answer, in whatever order they come. */
export function detect(files: readonly RepositoryFile[]): Found {
  const ordered = [...files].sort((one, other) => (one.path < other.path ? -1 : 1))
  const findings = [...ordered.flatMap(findingsIn), ...contradictingLocks(ordered)]
  const left = withoutImplied(findings, files)
  const asked = left.filter((one) => one.kind === 'tool')
  const chosen = toolNames.flatMap((name) => {
    const own = asked.filter((one) => one.tool === name)
    return own.length === 0 ? [] : [chooseLine(name, own)]
  })
  const tools = chosen.map((one) => one.tool)
  const provided = new Set(tools.flatMap(({ packages }) => packages))
  const packages = onePerName(left).filter(({ name }) => !provided.has(name))
  const doubts = [
    ...new Set([
      ...chosen.flatMap((one) => one.doubts),
      ...left.flatMap((one) => (one.kind === 'doubt' ? [one.text] : [])),
    ]),
  ]
  return {
    tools,
    packages: packages.slice(0, most.packages),
    doubts: shortened(
      packages.length > most.packages
        ? [...doubts, `More than ${most.packages} packages are asked for: the others are left out`]
        : doubts,
    ),
    devcontainer: findDevContainer(files),
  }
}

function findingsIn(file: RepositoryFile): readonly Finding[] {
  return readersOf(file.path).flatMap(({ there, read }): readonly Finding[] => {
    const present = there === undefined ? [] : [there].flat().map((name) => tool(file, name))
    const { path } = file
    const text = file.text === null ? null : withShortGaps(file.text)
    if (!read || text === null) return present
    try {
      return [...present, ...read({ path, text })]
    } catch (error) {
      return [...present, doubt(file, `cannot be understood: ${shown(firstLine(error))}`)]
    }
  })
}

const readersOf = (path: string): readonly Reader[] => {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return readers.filter(
    (reader) => reader.name.test(reader.name.source.includes('\\/') ? path : name) || reader.name.test(name),
  )
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''

/** Takes out what another finding makes needless. */
function withoutImplied(findings: readonly Finding[], files: readonly RepositoryFile[]): readonly Finding[] {
  const has = (name: ToolName) => findings.some((one) => one.kind === 'tool' && one.tool === name)
  const names = new Set(files.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)))
  const needless = new Set<ToolName>([
    ...(has('node') && !needsNode(findings) ? (['node'] as const) : []),
    ...(has('rustup') ? (['rust'] as const) : []),
    // A wrapper brings its own.
    ...(names.has('mvnw') ? (['maven'] as const) : []),
    ...(names.has('gradlew') ? (['gradle'] as const) : []),
  ])
  return findings.filter((one) => one.kind !== 'tool' || !needless.has(one.tool))
}

function onePerName(findings: readonly Finding[]): readonly FoundPackage[] {
  const byName = new Map<string, FoundPackage>()
  for (const one of findings) {
    if (one.kind === 'package' && !byName.has(one.name)) byName.set(one.name, { name: one.name, from: one.path })
  }
  return [...byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

const shortened = (doubts: readonly string[]): readonly string[] =>
  doubts.length <= most.doubts ? doubts : [...doubts.slice(0, most.doubts), `… (${doubts.length - most.doubts} more)`]
