import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { bundlePath, bundlesDirectory } from '../../main/worker/bundle.ts'

const root = join(import.meta.dirname, '../..')

/** Makes the worker of these sources in one file, unless it is there: workers start by the thousand in a run of the tests. */
export default async function buildWorker(): Promise<void> {
  const bundle = bundlePath(root)
  if (existsSync(bundle)) return
  const making = join(bundlesDirectory(root), `making-${process.pid}`)
  await mkdir(making, { recursive: true })
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    mode: 'worker',
    build: { outDir: making },
    logLevel: 'warn',
  })
  await rename(join(making, 'worker.js'), bundle) // Whole or not there: another run may look for it now.
  await rm(making, { recursive: true })
}
