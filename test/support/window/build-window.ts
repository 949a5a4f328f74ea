import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '../../..')

/** Beside the other outputs of tests, so that a build of the user's own stays as it is. */
export const windowDirectory = join(root, 'test/output/renderer')

/** Builds the window once for all files that look at it. */
export default async function buildWindow(): Promise<void> {
  const { NODE_ENV } = process.env
  await build({
    configFile: join(root, 'vite.config.ts'),
    mode: 'window',
    build: { outDir: windowDirectory },
    logLevel: 'warn',
  })
  process.env.NODE_ENV = NODE_ENV // The build sets it.
}
