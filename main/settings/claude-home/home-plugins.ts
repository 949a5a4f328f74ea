import { readdir, realpath } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import { unusable } from '../../lib/files/private-folder.ts'
import type { HomeCopies } from './home-copies.ts'
import { readOwnJson } from './read-own-json.ts'

/*
 * What Claude Code 2.1.330 writes: `enabledPlugins` of settings.json says which plugins are on, plugins/installed_plugins.json where each lies,
 * plugins/known_marketplaces.json where their marketplaces lie, whose entries may say what a manifest does. In the guest a plugin lies in a folder of
 * skills/ with a manifest, which Claude Code loads from there as NAME@skills-dir, with no registry and no network.
 */

const settingsSchema = z.object({ enabledPlugins: z.record(z.string(), z.unknown()).default({}) })

const installedSchema = z.object({
  plugins: z.record(z.string(), z.array(z.object({ scope: z.string(), installPath: z.string() }))).default({}),
})

const marketplacesSchema = z.record(z.string(), z.object({ installLocation: z.string() }))

const componentPath = z
  .string()
  .max(300)
  .regex(/^\.\//)
  .refine((path) => !path.split('/').includes('..'))
const components = z.union([componentPath, z.array(componentPath).max(200)]).optional()

/** Of a manifest, and of a marketplace's entry, what comes along. Hooks, servers, monitors, channels and what a user is asked for do not. */
const manifestSchema = z.object({
  version: z.string().max(100).optional(),
  description: z.string().max(2000).optional(),
  commands: components,
  agents: components,
  skills: components,
  outputStyles: components,
})

const marketplaceSchema = z.object({ plugins: z.array(z.object({ name: z.string() }).loose()) })

const id = /^([A-Za-z0-9][\w.-]{0,63})@([A-Za-z0-9][\w.-]{0,63})$/

/**
 * Adds the plugins that the user has enabled, each in a folder of its own.
 * @throws AppError('home-unusable') for a registry that cannot be read or understood.
 */
export async function takePlugins(copies: HomeCopies, folder: string): Promise<void> {
  const settings = await readOwnJson(join(folder, 'settings.json'), settingsSchema)
  const enabled = Object.entries(settings?.enabledPlugins ?? {})
    .filter(([name, on]) => on === true && !name.endsWith('@builtin'))
    .map(([name]) => name)
    .sort()
  if (enabled.length === 0) return
  const installed = await readOwnJson(join(folder, 'plugins/installed_plugins.json'), installedSchema)
  const names = new Set<string>()
  for (const plugin of enabled) {
    const [, name = '', marketplace = ''] = id.exec(plugin) ?? []
    const place = `skills/${plugin}`
    if (name === '')
      copies.leave(`plugins/${plugin.replace(/[^\w.@-]/g, '?').slice(0, 130)}`, 'it has no name of a plugin')
    else if (names.has(name)) copies.leave(place, 'another plugin has its name')
    else {
      const at = installed?.plugins[plugin]?.find(({ scope }) => scope === 'user')?.installPath
      const why = await takePlugin(copies, { name, place, at, entry: () => entryOf(folder, marketplace, name) })
      if (why === null) names.add(name)
      else copies.leave(place, why)
    }
  }
}

interface Plugin {
  readonly name: string
  /** Where it is to lie in the guest. */
  readonly place: string
  readonly at: string | undefined
  readonly entry: () => Promise<unknown>
}

/** Null once it is taken along; why it stays at home. */
async function takePlugin(copies: HomeCopies, { name, place, at, entry }: Plugin): Promise<string | null> {
  if (at === undefined || !isAbsolute(at)) return 'it is not installed for you'
  if (copies.files.some(({ path }) => path.startsWith(`${place}/`))) return 'a skill has its folder'
  try {
    const root = await realpath(at)
    const own = (await readOwnJson(join(root, '.claude-plugin/plugin.json'), z.unknown())) ?? (await entry())
    const manifest = manifestSchema.safeParse(own)
    if (!manifest.success) return `its manifest has another form: ${manifest.error.issues[0]?.path.join('.') ?? ''}`
    if (!copies.add(`${place}/.claude-plugin/plugin.json`, JSON.stringify({ name, ...manifest.data }))) {
      return 'its manifest stays at home'
    }
    for (const each of (await readdir(root)).sort()) {
      if (each === '.claude-plugin') continue
      const why = refused.get(each)
      if (why === undefined) await copies.take(`${place}/${each}`, join(root, each))
      else copies.leave(`${place}/${each}`, why)
    }
    return null
  } catch (error) {
    if (error instanceof AppError) return error.message
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'its folder is gone'
    throw unusable(at, error)
  }
}

/** What the marketplace says of a plugin that has no manifest. */
async function entryOf(folder: string, marketplace: string, name: string): Promise<unknown> {
  const known = await readOwnJson(join(folder, 'plugins/known_marketplaces.json'), marketplacesSchema)
  const at = known?.[marketplace]?.installLocation
  if (at === undefined || !isAbsolute(at)) return {}
  const listed = await readOwnJson(join(at, '.claude-plugin/marketplace.json'), marketplaceSchema)
  return listed?.plugins.find((each) => each.name === name) ?? {}
}

/** What Claude Code would by itself take hooks, programs, servers or settings from, at the top of a plugin. */
const refused: ReadonlyMap<string, string> = new Map([
  ['hooks', 'it brings hooks'],
  ['monitors', 'it starts programs'],
  ['mods', 'it changes Claude Code itself'],
  ['.mcp.json', 'it brings servers'],
  ['.lsp.json', 'it brings servers'],
  ['settings.json', 'it brings settings'],
])
