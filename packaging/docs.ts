/**
 * `npm run docs`: the API reference of `Tasks`, `MachineDriver` and the operations, as pages in `dist/api`. typedoc needs the compiler of
 * TypeScript 6, since that of 7 has no API for programs yet; both are fetched by npm for this alone, by their exact versions.
 */
import { join } from 'node:path'
import { runAttached } from '../main/lib/processes/spawn.ts'

process.chdir(join(import.meta.dirname, '..'))
const packages = ['typedoc@0.28.20', 'typescript@6.0.3'].map((name) => `--package=${name}`)
process.exit(
  (await runAttached('npm', ['exec', '--yes', ...packages, '--', 'typedoc', '--options', 'packaging/typedoc.json'])) ??
    1,
)
