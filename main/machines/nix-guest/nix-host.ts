import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { run } from '../../lib/processes/spawn.ts'

/** What is known of the nix of this host. */
export interface NixHost {
  readonly version: string
  /** Flakes are on for the user's own commands too. */
  readonly flakes: boolean
  /** It has someone who builds for the guest's system. */
  readonly buildsGuests: boolean
}

const setting = z.object({ value: z.unknown() })
const configSchema = z
  .object({
    'experimental-features': setting,
    builders: setting,
    system: setting,
    'extra-platforms': setting,
    'external-builders': setting,
  })
  .partial()

export type NixConfig = z.infer<typeof configSchema>

const answerMs = 20_000

/** Looks, changes nothing. Undefined when there is no nix, or it does not run. */
export async function inspectNix(program: string | undefined, system: string): Promise<NixHost | undefined> {
  if (program === undefined) return undefined
  const { ok, stdout } = await run(program, ['--version'], { timeoutMs: answerMs })
  const version = /(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1]
  if (!ok || version === undefined) return undefined
  const config = await readConfig(program)
  const machines = await readMachines(config)
  return { version, flakes: hasFlakes(config), buildsGuests: buildsFor(config, machines, guestSystem(system)) }
}

/** A Mac's guest is a Linux of the same processor. */
export const guestSystem = (system: string): string => system.replace('darwin', 'linux')

async function readConfig(program: string): Promise<NixConfig> {
  const features = ['--extra-experimental-features', 'nix-command']
  // The first is its name since 2.20; before, it is an error.
  for (const command of [['config', 'show'], ['show-config']]) {
    const { ok, stdout } = await run(program, [...command, '--json', ...features], { timeoutMs: answerMs })
    if (ok) return configSchema.safeParse(JSON.parse(stdout)).data ?? {}
  }
  return {}
}

/** `builders` names machines, or files that do. */
async function readMachines(config: NixConfig): Promise<string> {
  const builders = String(config.builders?.value ?? '')
  const files = [...builders.matchAll(/@(\S+)/g)].map(([, path]) => path ?? '')
  const texts = await Promise.all(files.map((path) => readFile(path, 'utf8').catch(() => ''))) // None is configured.
  return [builders, ...texts].join('\n')
}

/** Pure. */
export function hasFlakes(config: NixConfig): boolean {
  const features = config['experimental-features']?.value
  return Array.isArray(features) && ['flakes', 'nix-command'].every((feature) => features.includes(feature))
}

/** Pure. @param machines lines as of `/etc/nix/machines`: a machine's second word is its systems. */
export function buildsFor(config: NixConfig, machines: string, system: string): boolean {
  const own = [config.system?.value, config['extra-platforms']?.value].flat()
  if (own.includes(system)) return true
  const remote = machines.split(/[\n;]/).map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
  if (remote.some(([uri, systems = '']) => uri && !uri.startsWith('@') && systems.split(',').includes(system)))
    return true
  return JSON.stringify(config['external-builders']?.value ?? '').includes(`"${system}"`)
}
