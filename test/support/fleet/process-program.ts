import { rmSync } from 'node:fs'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtPackage } from './built-package.ts'

let built: Promise<string> | undefined

/** The program of a node with process machines, in one file: it is started three times for each task. Gone with the process of the tests. */
export const processProgram = (): Promise<string> =>
  (built ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mvm-node-'))
    await chmod(folder, 0o755) // The jobs of some engines are another user's.
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    return join(await builtPackage(folder, join(import.meta.dirname, 'process-node.ts')), 'dist', 'node.js')
  })())
