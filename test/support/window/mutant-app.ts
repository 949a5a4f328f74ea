import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../temporary.ts'
import { appDirectory } from './build-app.ts'

/** The built app with one piece of its code replaced: what a lock was for shows when it is gone. */
export async function mutantApp(pattern: RegExp, replacement: string): Promise<string> {
  const directory = join(await temporaryFolder(), 'app')
  await cp(appDirectory, directory, { recursive: true, verbatimSymlinks: true })
  let found = 0
  for (const part of ['dist/main', 'dist/preload']) {
    for (const name of await readdir(join(directory, part), { recursive: true })) {
      if (!/\.c?js$/.test(name)) continue
      const path = join(directory, part, name)
      const code = await readFile(path, 'utf8')
      if (!pattern.test(code)) continue
      found += 1
      await writeFile(path, code.replace(pattern, replacement))
    }
  }
  if (found !== 1) throw new Error(`${String(pattern)} is in ${found} files of the app`)
  return directory
}
