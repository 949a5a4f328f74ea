import { type FileHandle, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { ensurePrivateFolder } from '../../../lib/files/private-folder.ts'
import { type SavedMemory, savedMemorySchema } from './memory-file.ts'

const indexName = 'template.json'
const memoryName = 'memory'
const devicesName = 'devices'
/** Of one image: two sizes of machines, and what is about to replace one. */
const most = 3

const indexSchema = z.object({
  /** Of what runs it, see `hypervisorKey`. */
  hypervisor: z.string(),
  memory: savedMemorySchema,
  devicesCrc32: z.int().nonnegative(),
})

/** A template that is there, and opened: it can be restored although its folder is removed meanwhile. */
export interface Template extends AsyncDisposable {
  readonly memory: { readonly file: FileHandle; readonly saved: SavedMemory }
  readonly devices: Buffer
}

/** Where the templates of an image lie; they go when the image goes. For this process's user alone: guests and their hypervisors never see it. */
export const templatesOf = (imageDirectory: string): string => join(imageDirectory, 'templates')

/** Undefined when there is none. @throws when it is damaged. */
export async function openTemplate(folder: string): Promise<Template | undefined> {
  const text = await readFile(join(folder, indexName), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const index = indexSchema.parse(JSON.parse(text))
  const devices = await readFile(join(folder, devicesName))
  if (crc32(devices) !== index.devicesCrc32) throw new Error('The state of the devices of the template is damaged')
  const file = await open(join(folder, memoryName), 'r')
  return { memory: { file, saved: index.memory }, devices, [Symbol.asyncDispose]: () => file.close() }
}

/** The folder appears whole or not at all; what `fill` throws, it throws. The caller holds the lock of the folder. */
export async function writeTemplate(
  { parent, key, hypervisor }: { readonly parent: string; readonly key: string; readonly hypervisor: string },
  fill: (memory: FileHandle) => Promise<{ readonly saved: SavedMemory; readonly devices: Buffer }>,
): Promise<void> {
  await ensurePrivateFolder(parent)
  await removeHalfMade(parent, key)
  const folder = await mkdtemp(join(parent, `${key}.new-`))
  try {
    await using file = await open(join(folder, memoryName), 'wx', 0o600)
    const { saved, devices } = await fill(file)
    await file.sync()
    const index: z.infer<typeof indexSchema> = { hypervisor, memory: saved, devicesCrc32: crc32(devices) }
    await writeFile(join(folder, devicesName), devices, { mode: 0o600, flush: true })
    await writeFile(join(folder, indexName), JSON.stringify(index), { mode: 0o600, flush: true })
    await rm(join(parent, key), { recursive: true, force: true })
    await rename(folder, join(parent, key))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  await pruneTemplates(parent, { key, hypervisor })
}

/** Removes templates that another hypervisor made, and the oldest of those that are too many. */
async function pruneTemplates(parent: string, kept: { readonly key: string; readonly hypervisor: string }) {
  const found: { name: string; fits: boolean; madeAt: number }[] = []
  for (const name of await readdir(parent)) {
    if (!/^[0-9a-f]{20}$/.test(name) || name === kept.key) continue
    const path = join(parent, name, indexName)
    const fits = await readFile(path, 'utf8').then(
      (text) => indexSchema.safeParse(JSON.parse(text)).data?.hypervisor === kept.hypervisor,
      () => false,
    )
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }))
    found.push({ name, fits, madeAt: mtimeMs })
  }
  const fitting = found.filter(({ fits }) => fits).toSorted((a, b) => b.madeAt - a.madeAt)
  const stay = new Set(fitting.slice(0, most - 1))
  for (const old of found) {
    if (!stay.has(old)) await rm(join(parent, old.name), { recursive: true, force: true })
  }
}

/** What a process left that ended while it made this template: nobody else makes it now. */
async function removeHalfMade(parent: string, key: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (name.startsWith(`${key}.new-`)) await rm(join(parent, name), { recursive: true, force: true })
  }
}
