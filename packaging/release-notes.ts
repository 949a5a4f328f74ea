/** `node packaging/release-notes.ts TAG`: prints the section of CHANGELOG.md that a release shows. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { changelogSection } from './changelog.ts'

const read = (name: string): string => readFileSync(join(import.meta.dirname, '..', name), 'utf8')
const { version } = JSON.parse(read('package.json')) as { readonly version: string }
process.stdout.write(`${changelogSection(read('CHANGELOG.md'), process.argv[2] ?? '', version)}\n`)
