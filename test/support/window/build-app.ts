import { cp, mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { windowDirectory } from './build-window.ts'

const root = join(import.meta.dirname, '../../..')

/** The desktop app as it is built, in a folder of the tests'; the window in it is that of `build-window.ts`. */
export const appDirectory = join(root, 'test/output/app')

export default async function buildApp(): Promise<void> {
  await rm(appDirectory, { recursive: true, force: true })
  await mkdir(join(appDirectory, 'dist'), { recursive: true })
  await cp(join(root, 'package.json'), join(appDirectory, 'package.json'))
  for (const name of ['nix', 'packaging']) await symlink(join(root, name), join(appDirectory, name))
  await symlink(windowDirectory, join(appDirectory, 'dist/renderer'))
  for (const part of ['main', 'preload', 'gateway']) {
    await build({
      root,
      configFile: join(root, 'vite.config.ts'),
      mode: part,
      build: { outDir: join(appDirectory, 'dist', part) },
      logLevel: 'warn',
    })
  }
}
