import { posix } from 'node:path'
import { type Document, parseDocument } from 'yaml'
import { z } from 'zod'
import type { RepositoryFile } from './finding.ts'
import { leadsOut, resolved } from './repository-path.ts'
import { shown } from './texts.ts'

/** Where Compose files of dev containers are looked for; a description may name any, and one that is not read is told. */
export const isComposeFile = (path: string): boolean =>
  /(^|\/)[^/]*compose[^/]*\.ya?ml$/i.test(path) || /^\.devcontainer\/([^/]+\/)?[^/]+\.ya?ml$/.test(path)

/** The parser takes time with the square of what it is given: two seconds for the worst of so many characters. */
const most = { files: 4, characters: 32 * 1024, aliases: 100 } as const

const flag = z.union([z.boolean(), z.string()]).optional()
const volume = z.union([z.string(), z.looseObject({ type: z.string().optional(), source: z.string().optional() })])
const build = z.union([
  z.string(),
  z.looseObject({ context: z.string().optional(), dockerfile: z.string().optional() }),
])

/** What a guest must know of https://github.com/compose-spec/compose-spec/blob/main/spec.md beforehand; docker-compose judges the rest. */
const serviceSchema = z
  .looseObject({
    privileged: flag,
    ...{ pid: z.string().optional(), ipc: z.string().optional(), cgroup: z.string().optional() },
    userns_mode: z.string().optional(),
    devices: z.array(z.unknown()).optional(),
    gpus: z.unknown().optional(),
    deploy: z
      .looseObject({ resources: z.looseObject({ reservations: z.looseObject({}).nullish() }).nullish() })
      .nullish(),
    volumes: z.array(volume).nullish(),
    volumes_from: z.array(z.string()).nullish(),
    build: build.nullish(),
  })
  .nullable()
const fileSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema).nullish(),
  volumes: z
    .record(
      z.string(),
      z.looseObject({ driver_opts: z.looseObject({ device: z.string().optional() }).nullish() }).nullable(),
    )
    .nullish(),
})
type Service = NonNullable<z.infer<typeof serviceSchema>>

/** What a description says of them. */
export interface ComposeWish {
  readonly path: string
  readonly dockerComposeFile: string | readonly string[]
  readonly service: string | undefined
}

/** What keeps a guest from a dev container of these files, as sentences without their subject. Pure. */
export function reasonsAgainstCompose(
  { path, dockerComposeFile, service }: ComposeWish,
  files: readonly RepositoryFile[],
): readonly string[] {
  const named = [dockerComposeFile].flat()
  if (named.length === 0) return ['names no Compose file']
  if (named.length > most.files) return [`names ${named.length} Compose files, and ${most.files} are looked at`]
  const paths = named.map((name) => (posix.isAbsolute(name) ? name : posix.join(posix.dirname(path), name)))
  const [first = ''] = paths
  const services = new Set<string>()
  const reasons = paths.flatMap((each) => {
    const read = readFile(each, files)
    if (typeof read === 'string') return [read]
    for (const name of Object.keys(read.services ?? {})) services.add(name)
    return reasonsIn(read, posix.dirname(first)).map((reason) => `is of ${shown(each)}, where ${reason}`)
  })
  if (reasons.length > 0) return reasons
  if (service === undefined) return ['names no service of its Compose file']
  return services.has(service) ? [] : [`names the service ${shown(service)}, which its Compose file has not`]
}

function readFile(path: string, files: readonly RepositoryFile[]): z.infer<typeof fileSchema> | string {
  if (leadsOut(path)) return `names the Compose file ${shown(path)}, outside the repository`
  const text = files.find((each) => each.path === path)?.text
  if (text == null) return `names the Compose file ${shown(path)}, which could not be read`
  if (text.length > most.characters)
    return `names the Compose file ${shown(path)}, which is longer than ${most.characters / 1024} KiB`
  const document: Document = parseDocument(text, {
    logLevel: 'silent',
    stringKeys: true,
    uniqueKeys: false,
    merge: true,
  })
  const [error] = document.errors
  const cannot = (why: string) => `names the Compose file ${shown(path)}, which cannot be understood: ${why}`
  if (error) return cannot(shown(error.message.split('\n')[0] ?? ''))
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: most.aliases })
  } catch (error) {
    if (error instanceof RangeError) throw error
    return cannot('it repeats itself without end')
  }
  const parsed = fileSchema.safeParse(value)
  if (parsed.success) return parsed.data
  return cannot(`${shown(parsed.error.issues[0]?.path.join('.') || 'it')} is not of its type`)
}

function reasonsIn({ services, volumes }: z.infer<typeof fileSchema>, folder: string): readonly string[] {
  const ofServices = Object.entries(services ?? {}).flatMap(([name, service]) =>
    service === null ? [] : againstService(service, folder).map((reason) => `the service ${shown(name)} ${reason}`),
  )
  const ofVolumes = Object.entries(volumes ?? {}).flatMap(([name, one]) => {
    const device = one?.driver_opts?.device
    return device !== undefined && isOfHost(device, folder)
      ? [`the volume ${shown(name)} is ${shown(device)} of the host, which no guest has`]
      : []
  })
  return [...ofServices, ...ofVolumes]
}

function againstService(service: Service, folder: string): readonly string[] {
  const reasons: string[] = []
  if (isOn(service.privileged)) reasons.push('is privileged, and containers of guests have no rights but their user’s')
  for (const name of ['pid', 'ipc', 'cgroup', 'userns_mode'] as const)
    if (service[name] === 'host') reasons.push(`has ${name}: host, which a guest’s user may not`)
  if ((service.devices ?? []).length > 0) reasons.push('has devices, which a guest’s user may not')
  if (service.gpus !== undefined || service.deploy?.resources?.reservations?.devices !== undefined)
    reasons.push('needs a graphics processor, which no guest has')
  if (service.volumes_from?.some((one) => one.startsWith('container:')))
    reasons.push('has volumes of a container that is not its own')
  for (const one of service.volumes ?? []) {
    const source = sourceOf(one)
    if (source !== null && isOfHost(source, folder))
      reasons.push(`mounts ${shown(source)} of the host, which no guest has`)
  }
  const { build: made } = service
  const context = typeof made === 'string' ? made : made?.context
  if (context !== undefined && !isRemote(context) && leadsOut(resolved(context, folder)))
    reasons.push(`is built from ${shown(context)}, outside the repository`)
  return reasons
}

/** As Compose reads what YAML took for a text, too. */
const isOn = (value: z.infer<typeof flag>): boolean => /^(true|yes|y|on|1)$/i.test(String(value))

/** Of a folder or file; null for a volume, or memory. */
function sourceOf(one: z.infer<typeof volume>): string | null {
  if (typeof one !== 'string') return one.type === 'bind' ? (one.source ?? '') : null
  const [source = '', target] = one.split(':')
  return target !== undefined && /^[./~$]/.test(source) ? source : null
}

/**
 * Neither below the repository nor the very folder above it: many descriptions mount that one, and it has the clone alone in a guest. What a variable
 * of the host stands for is the host's.
 */
function isOfHost(source: string, folder: string): boolean {
  if (/^[/~$]/.test(source)) return true
  const path = resolved(source, folder)
  return path !== '..' && leadsOut(path)
}

const isRemote = (context: string): boolean => /^([a-z+]+:\/\/|git@)/.test(context)
