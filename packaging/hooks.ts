/** `npm run hooks`: puts the hooks of `lefthook.yml` into this checkout. `npm ci` does not, since it runs no script of ours. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runAttached } from '../main/lib/processes/spawn.ts'

const root = join(import.meta.dirname, '..')
const lefthook = join(root, 'node_modules', `lefthook-${process.platform}-${process.arch}`, 'bin', 'lefthook')
if (!existsSync(lefthook)) {
  console.log('There is no lefthook for this system. Run this before each commit instead: npm run check')
  process.exit(1)
}
process.chdir(root)
process.exit((await runAttached(lefthook, ['install'])) ?? 1)
