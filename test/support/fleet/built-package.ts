import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { bundlePath } from '../../../main/worker/bundle.ts'

const checkout = join(import.meta.dirname, '../../..')

/** Our package as far as a place needs it, built as a release builds it; with another program in place of its own where that is named. */
export async function builtPackage(folder: string, program?: string): Promise<string> {
  await build({
    ...{ root: checkout, configFile: join(checkout, 'vite.config.ts'), mode: 'node', logLevel: 'warn' },
    build: { outDir: join(folder, 'dist'), ...(program !== undefined && { ssr: program }) },
  })
  await build({
    ...{ root: checkout, configFile: join(checkout, 'vite.config.ts'), mode: 'gateway', logLevel: 'warn' },
    build: { outDir: join(folder, 'dist', 'gateway') },
  })
  await cp(bundlePath(checkout), join(folder, 'dist', 'worker.js'))
  for (const name of ['nix', 'package.json']) await cp(join(checkout, name), join(folder, name), { recursive: true })
  return folder
}
