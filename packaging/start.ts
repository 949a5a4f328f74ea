/**
 * `npm start`: the desktop app from this checkout, built first. Electron's binary does not come with `npm ci`; where it is missing
 * this says so, and what there is instead.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runAttached } from '../main/lib/processes/spawn.ts'

const root = join(import.meta.dirname, '..')

const electron = findElectron()
if (electron === undefined) {
  console.log(
    'The Electron binary is not installed. Get it with: npx install-electron. Without it: npm run demo shows a task, and npx microvm-orchestrator serve has the same window as a web page.',
  )
  process.exit(1)
}
process.chdir(root)
const built = (await runAttached('npm', ['run', '--silent', 'build:app'])) === 0
process.exit(built ? ((await runAttached(electron, [root, ...process.argv.slice(2)])) ?? 1) : 1)

/** As the `electron` package finds it, but without fetching it over the network unasked. */
function findElectron(): string | undefined {
  const folder = join(root, 'node_modules', 'electron')
  const pathFile = join(folder, 'path.txt')
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : undefined
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  const path = override ? join(override, name ?? 'electron') : name && join(folder, 'dist', name)
  return path && existsSync(path) ? path : undefined
}
