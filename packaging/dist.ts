/**
 * `npm run dist -- ARGUMENTS`: builds the app and packs it with electron-builder, whose arguments it takes. Publishes nothing. Where
 * `GITHUB_REPOSITORY` is set, to OWNER/NAME, the app updates itself from the releases there.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { runAttached } from '../main/lib/processes/spawn.ts'
import { feedSettings } from './release-feed.ts'
import { signingSettings, unsignedNote } from './signing.ts'

const args = process.argv.slice(2)
process.chdir(join(import.meta.dirname, '..'))
if ((await runAttached('npm', ['run', '--silent', 'build'])) !== 0) process.exit(1)
const builder = createRequire(import.meta.url).resolve('electron-builder/cli.js')
const status = await runAttached(process.execPath, [
  builder,
  ...args,
  ...signingSettings(process.platform),
  ...feedSettings(process.env.GITHUB_REPOSITORY),
  ...['--publish', 'never'],
])
const note = unsignedNote(process.platform, args)
if (status === 0 && note !== undefined) console.log(note)
process.exit(status ?? 1)
