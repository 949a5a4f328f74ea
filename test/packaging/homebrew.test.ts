import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { caskOf } from '../../packaging/homebrew/cask.ts'
import { formulaOf } from '../../packaging/homebrew/formula.ts'
import { type Release, releaseSchema } from '../../packaging/homebrew/release.ts'
import { rubyText } from '../../packaging/homebrew/ruby.ts'
import { brokenRules, styleRules } from '../../packaging/homebrew/style-rules.ts'
import { temporaryFolder } from '../support/temporary.ts'

const root = join(import.meta.dirname, '../..')
const release: Release = {
  ...{ repository: 'someone/microvm-orchestrator', version: '1.2.3', license: 'MIT' },
  ...{ dmg: 'a'.repeat(64), tgz: 'b'.repeat(64) },
}
const texts = { cask: caskOf(release), formula: formulaOf(release) }

/** One way to break each rule, by its words; `of` says in which file. */
const breaks: readonly (readonly [rule: string, of: 'cask' | 'formula', from: string | RegExp, to: string])[] = [
  ['plain ASCII, no tabs', 'cask', 'Run coding', 'Run \t coding'],
  ['one line break at the end', 'formula', /\n$/, '\n\n'],
  ['lines of at most 118', 'cask', 'name "microVM', `name "${'x'.repeat(120)}`],
  ['indented by two blanks', 'cask', '  app "', '   app "'],
  ['texts between double quotes', 'formula', '"node"', "'node'"],
  ['a description of at most 80', 'formula', 'its own clone', `its own clone${' and more'.repeat(5)}`],
  ['a description that begins with a capital', 'cask', 'desc "Run', 'desc "A run'],
  ['a description with no full stop', 'cask', 'own clone"', 'own clone."'],
  ['a description of a cask names no platform', 'cask', 'Run coding', 'Run macOS coding'],
  ['addresses by https', 'cask', 'url "https:', 'url "http:'],
  ['a homepage with no slash', 'formula', /(homepage ".*)"/, '$1/"'],
  ['the SHA-256', 'cask', 'a'.repeat(64), 'a'.repeat(63)],
  ['the stanzas of a cask', 'cask', /( {2}name .*\n)( {2}desc .*\n)/, '$2$1'],
  ['the stanzas of a formula', 'formula', /( {2}url .*\n)( {2}sha256 .*\n)/, '$2$1'],
  ['a blank line between the groups', 'cask', /\n\n( {2}url)/, '\n$1'],
  ['the address of a cask takes', 'cask', /#\{version\}/g, '1.2.3'],
  ['what zap deletes', 'cask', /( {4}"~\/Library\/App.*\n)( {4}"~\/Library\/Logs.*\n)/, '$2$1'],
  ['a cask named as its file', 'cask', 'cask "m', 'cask "M'],
  ['a formula with the class', 'formula', 'MicrovmOrchestrator', 'MicroVMOrchestrator'],
  ['a formula has a licence', 'formula', /test do[\s\S]*?\n {2}end\n/, 'test do\n  end\n'],
  ['a formula that names no version', 'formula', '  license', '  version "1.2.3"\n  license'],
]

test('cask and formula keep every rule', () => {
  expect(brokenRules('cask', texts.cask)).toEqual([])
  expect(brokenRules('formula', texts.formula)).toEqual([])
})

test.each(breaks)('a file that breaks the rule of %s is found', (rule, of, from, to) => {
  const broken = texts[of].replace(from, to)
  expect(broken, 'the sample changes nothing').not.toBe(texts[of])
  expect(brokenRules(of, broken).join('\n')).toContain(rule)
})

test('every rule has a sample that breaks it', () => {
  const untried = styleRules.filter(({ says }) => !breaks.some(([rule]) => says.includes(rule)))
  expect(untried).toEqual([])
})

test('cask and formula name the files that are released, and what they hold', () => {
  expect(texts.cask).toContain('/releases/download/v#{version}/microvm-orchestrator-#{version}-arm64.dmg"')
  expect(texts.formula).toContain('/releases/download/v1.2.3/microvm-orchestrator-1.2.3.tgz"')
  const packing = readFileSync(join(root, 'electron-builder.yml'), 'utf8')
  // biome-ignore lint/suspicious/noTemplateCurlyInString: electron-builder puts these in
  expect(packing).toContain('artifactName: microvm-orchestrator-${version}-${arch}.${ext}')
  for (const [name, value] of [
    ['productName', 'microVM Orchestrator'],
    ['appId', 'io.github.microvm-orchestrator'],
  ]) {
    expect(packing).toContain(`${name}: ${value}`)
    expect(texts.cask).toContain(value)
  }
})

test.each(['1.2.3"; system "rm', '1.2', 'v1.2.3', '#{1}', ''])('the version %j is refused', (version) => {
  expect(releaseSchema.safeParse({ ...release, version }).success).toBe(false)
})

test.each(['someone', 'some one/x', '../x', 'a/b"', '#{x}/y'])('the repository %j is refused', (repository) => {
  expect(releaseSchema.safeParse({ ...release, repository }).success).toBe(false)
})

test('a text is no code in Ruby', () => {
  expect(rubyText('a "b" \\ #{c}')).toBe('"a \\"b\\" \\\\ \\#{c}"')
  expect(() => rubyText('a\nb')).toThrow('plain ASCII')
})

test('the script writes both from the files of a release', async () => {
  const folder = await temporaryFolder()
  const [dmg, tgz] = [join(folder, 'x.dmg'), join(folder, 'x.tgz')]
  await writeFile(dmg, 'image')
  await writeFile(tgz, 'package')
  const files = ['--repository', 'someone/microvm-orchestrator', '--dmg', dmg, '--tgz', tgz, '--out', folder]
  await promisify(execFile)(process.execPath, [join(root, 'packaging/homebrew.ts'), ...files])
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  const written = { ...release, version, dmg: hash('image'), tgz: hash('package') }
  expect(await readFile(join(folder, 'Casks/microvm-orchestrator.rb'), 'utf8')).toBe(caskOf(written))
  expect(await readFile(join(folder, 'Formula/microvm-orchestrator.rb'), 'utf8')).toBe(formulaOf(written))
})
