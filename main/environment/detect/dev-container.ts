import { posix } from 'node:path'
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { z } from 'zod'
import type { FoundDevContainer } from '../../core/environment/found.ts'
import { reasonsAgainstCompose } from './compose-files.ts'
import type { RepositoryFile } from './finding.ts'
import { leadsOut, resolved } from './repository-path.ts'
import { shown } from './texts.ts'

/** In the order in which the Dev Container CLI takes one: https://containers.dev/implementors/spec/#devcontainerjson */
const places = [
  /^\.devcontainer\/devcontainer\.json$/,
  /^\.devcontainer\.json$/,
  /^\.devcontainer\/[^/]+\/devcontainer\.json$/,
] as const

export const isDevContainer = (path: string): boolean => places.some((place) => place.test(path))

const most = 8

/** The dev container that tasks would work in, with what keeps a guest from it; null where none is described. Pure. */
export function findDevContainer(files: readonly RepositoryFile[]): FoundDevContainer | null {
  const file = places
    .flatMap((place) => files.filter(({ path }) => place.test(path)).sort((a, b) => (a.path < b.path ? -1 : 1)))
    .at(0)
  if (!file) return null
  const { path, text } = file
  return { path, problems: readProblems({ path, text }, files).slice(0, most) }
}

function readProblems({ path, text }: RepositoryFile, files: readonly RepositoryFile[]): readonly string[] {
  if (text === null) return [`${shown(path)} could not be read`]
  try {
    return problemsIn(path, text, files)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return [`${shown(path)} cannot be understood: it is nested too deeply`]
  }
}

const mount = z.union([z.string(), z.looseObject({ type: z.string().optional(), source: z.string().optional() })])

/** What a guest must know of https://containers.dev/implementors/json_reference/ beforehand; the CLI judges the rest. */
const description = z.looseObject({
  image: z.string().optional(),
  dockerFile: z.string().optional(),
  context: z.string().optional(),
  build: z.looseObject({ dockerfile: z.string().optional(), context: z.string().optional() }).optional(),
  dockerComposeFile: z.union([z.string(), z.array(z.string())]).optional(),
  service: z.string().optional(),
  privileged: z.boolean().optional(),
  runArgs: z.array(z.string()).optional(),
  mounts: z.array(mount).optional(),
  workspaceMount: z.string().optional(),
  features: z.record(z.string(), z.unknown()).optional(),
  hostRequirements: z.looseObject({ gpu: z.unknown().optional() }).optional(),
})
type Description = z.infer<typeof description>

function problemsIn(path: string, text: string, files: readonly RepositoryFile[]): readonly string[] {
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error) {
    const line = text.slice(0, error.offset).split('\n').length
    return [`${shown(path)} cannot be understood: ${printParseErrorCode(error.error)} in line ${line}`]
  }
  const parsed = description.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return [`${shown(path)} cannot be understood: ${shown(issue?.path.join('.') || 'it')} is not of its type`]
  }
  return reasonsAgainst(path, parsed.data, files).map((reason) => `${shown(path)} ${reason}`)
}

function reasonsAgainst(path: string, wanted: Description, files: readonly RepositoryFile[]): readonly string[] {
  const { image, dockerFile, build, dockerComposeFile, privileged, runArgs = [], mounts = [], features = {} } = wanted
  const { workspaceMount, hostRequirements } = wanted
  const reasons: string[] = []
  if (dockerComposeFile !== undefined)
    reasons.push(...reasonsAgainstCompose({ path, dockerComposeFile, service: wanted.service }, files))
  else if (image === undefined && dockerFile === undefined && build?.dockerfile === undefined)
    reasons.push('names neither an image nor a Dockerfile')
  if (privileged) reasons.push('asks for a privileged container, and those of guests have no rights but their user’s')
  for (const argument of runArgs) {
    const [option = ''] = argument.split('=', 1)
    if (beyondUser.has(option))
      reasons.push(`starts its container with ${shown(argument)}, which a guest’s user may not`)
  }
  if (runArgs.some((argument) => /^(-v|--volume|--mount)(=|$)/.test(argument)))
    reasons.push('mounts by runArgs: write it below mounts, and only of the clone or of a volume')
  for (const one of mounts.filter(isOfHost))
    reasons.push(`mounts ${shown(sourceOf(one))} of the host, which no guest has`)
  if (workspaceMount !== undefined && isOfHost(workspaceMount))
    reasons.push(`mounts ${shown(sourceOf(workspaceMount))} of the host as its workspace, which no guest has`)
  for (const feature of Object.keys(features)) {
    if (/\/docker-(in|outside-of)-docker(:|@|$)/.test(feature))
      reasons.push(`has the feature ${shown(feature)}, which needs a privileged container or the host’s Docker`)
  }
  if (hostRequirements?.gpu === true) reasons.push('needs a graphics processor, which no guest has')
  const context = build?.context ?? wanted.context
  for (const named of [build?.dockerfile ?? dockerFile, context]) {
    if (named !== undefined && leadsOut(resolved(named, posix.dirname(path))))
      reasons.push(`is built from ${shown(named)}, outside the repository`)
  }
  return reasons
}

const beyondUser = new Set([
  '--privileged',
  '--device',
  '--gpus',
  '--pid',
  '--ipc',
  '--userns',
  '--cgroupns',
  '--volumes-from',
])

type Mount = z.infer<typeof mount>

/** A folder of the host's, and no volume, memory or folder of the clone. */
function isOfHost(one: Mount): boolean {
  const source = sourceOf(one)
  if (typeOf(one) === 'tmpfs' || source === '') return false
  if (/^\$\{localWorkspaceFolder\}(\/|$)/.test(source)) return source.split('/').includes('..')
  return typeOf(one) === 'bind' || /^[/~.]|\$\{localEnv:/.test(source)
}

const part = (text: string, names: readonly string[]): string => {
  for (const field of text.split(',')) {
    const [name = '', ...value] = field.split('=')
    if (names.includes(name.trim())) return value.join('=').trim()
  }
  return ''
}
const typeOf = (one: Mount): string => (typeof one === 'string' ? part(one, ['type']) : (one.type ?? ''))
const sourceOf = (one: Mount): string => (typeof one === 'string' ? part(one, ['source', 'src']) : (one.source ?? ''))
