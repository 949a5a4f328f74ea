/**
 * `node packaging/homebrew.ts --repository OWNER/NAME --dmg FILE --tgz FILE --out FOLDER`: writes the cask of the app and the formula of the
 * command line for the release of these files, as a tap holds them: `Casks/microvm-orchestrator.rb` and `Formula/microvm-orchestrator.rb`.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { caskOf } from './homebrew/cask.ts'
import { formulaOf } from './homebrew/formula.ts'
import { releaseSchema } from './homebrew/release.ts'
import { brokenRules } from './homebrew/style-rules.ts'

const option = { type: 'string' } as const
const { values } = parseArgs({ options: { repository: option, dmg: option, tgz: option, out: option } })
const { repository, dmg, tgz, out } = values
if (!repository || !dmg || !tgz || !out) {
  console.error('Run: node packaging/homebrew.ts --repository OWNER/NAME --dmg FILE --tgz FILE --out FOLDER')
  process.exit(1)
}
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
const { version, license } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
) as object as {
  readonly version: string
  readonly license: string
}
const release = releaseSchema.parse({ repository, version, license, dmg: sha256(dmg), tgz: sha256(tgz) })
for (const [kind, folder, text] of [
  ['cask', 'Casks', caskOf(release)],
  ['formula', 'Formula', formulaOf(release)],
] as const) {
  const broken = brokenRules(kind, text)
  if (broken.length > 0) throw new Error(`The ${kind} breaks rules of brew style: ${broken.join('; ')}`)
  mkdirSync(join(out, folder), { recursive: true })
  writeFileSync(join(out, folder, 'microvm-orchestrator.rb'), text)
}
