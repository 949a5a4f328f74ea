import { cp, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathExists } from '../../main/lib/files/look.ts'
import { packageDirectory } from '../../main/lib/files/paths.ts'

const modules = join(packageDirectory(), 'node_modules')

/** Lays down Node as `node`, and our own Vite with all that it needs in `node_modules`: a guest has neither, and no network to fetch them. */
export async function layDownVite(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await cp(process.execPath, join(folder, 'node'))
  for (const name of await withAllThatItNeeds('vite')) {
    const to = join(folder, 'node_modules', name)
    await mkdir(dirname(to), { recursive: true })
    await cp(join(modules, name), to, { recursive: true, dereference: true })
  }
}

async function withAllThatItNeeds(first: string): Promise<ReadonlySet<string>> {
  const names = new Set([first])
  for (const name of names) {
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      await readFile(join(modules, name, 'package.json'), 'utf8'),
    ) as { readonly dependencies?: object; readonly optionalDependencies?: object }
    for (const each of Object.keys(dependencies)) names.add(each)
    // Of what is there for another processor or system only this host's own was installed.
    for (const each of Object.keys(optionalDependencies)) if (await pathExists(join(modules, each))) names.add(each)
  }
  return names
}
