/**
 * `npm run mutants`: how many small changes of the sources no test notices. A sample of the mutants of some rooms, each in a copy of
 * this checkout: the tests of the same room first, then all unit tests that reach the file, then the room's integration tests.
 * MUTANTS_ROOMS (default `core,git/merge,api,settings`), MUTANTS_COUNT of each (default 60), MUTANTS_SEED (default 1).
 * It ends with those that survived, and with a score for each room.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { run, runOrThrow } from '../../main/lib/processes/spawn.ts'
import { Random } from '../fuzz/clones/random.ts'
import { listMutants, type Mutant } from './list-mutants.ts'

type Found = Mutant & { readonly file: string }

/** A mutant that makes its tests turn in a circle is noticed as well. */
const timeoutMs = 10 * 60_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const rooms = (process.env.MUTANTS_ROOMS ?? 'core,git/merge,api,settings').split(',')
const count = Number(process.env.MUTANTS_COUNT ?? 60)
const seed = Number(process.env.MUTANTS_SEED ?? 1)
const checkout = await copyCheckout()
const scores: string[] = []
const survivors: string[] = []
try {
  for (const room of rooms) {
    if (!(await passes(room, join('main', room))))
      throw new Error(`The tests of ${room} fail without a mutant: mend them first`)
    const all = await mutantsOf(room)
    const sample = shuffled(all, new Random(seed)).slice(0, count)
    say(`${room}: ${sample.length} of ${all.length} mutants`)
    let noticed = 0
    for (const { file, source, line, before, after } of sample) {
      const path = join(checkout, file)
      const original = await readFile(path, 'utf8')
      await writeFile(path, source)
      const survived = await passes(room, file)
      await writeFile(path, original)
      if (!survived) noticed += 1
      else {
        survivors.push(`${file}:${line}: ${inOneLine(before)} → ${inOneLine(after)}`)
        say(`  survived: ${survivors.at(-1)}`)
      }
    }
    scores.push(`${room}: ${noticed} of ${sample.length} noticed (${Math.round((noticed / sample.length) * 100)} %)`)
    say(scores.at(-1) ?? '')
  }
} finally {
  await rm(checkout, { recursive: true, force: true })
}
say(`MUTANTS_SEED=${seed}; ${survivors.length} survived:`)
for (const line of [...survivors, ...scores]) say(line)

/** Whether no test notices what is in the copy now. */
async function passes(room: string, file: string): Promise<boolean> {
  const tests = join('test', room)
  const related = file.endsWith('.ts') ? [['related', '--run', '--project', 'unit', file]] : []
  for (const args of [['run', '--project', 'unit', tests], ...related, ['run', '--project', 'integration', tests]]) {
    const vitest = join(checkout, 'node_modules/vitest/vitest.mjs')
    const result = await run(process.execPath, [vitest, ...args, '--bail=1', '--passWithNoTests'], {
      cwd: checkout,
      timeoutMs,
    })
    if (!result.ok) return false
  }
  return true
}

async function mutantsOf(room: string): Promise<Found[]> {
  const folder = join('main', room)
  const names = await readdir(join(checkout, folder), { recursive: true })
  const found: Found[] = []
  for (const name of names.filter((one) => one.endsWith('.ts')).toSorted()) {
    const file = join(folder, name)
    const source = await readFile(join(checkout, file), 'utf8')
    found.push(...listMutants(file, source).map((mutant) => ({ ...mutant, file })))
  }
  return found
}

/** What git tracks, and the packages by links: a cache of the copy's own. */
async function copyCheckout(): Promise<string> {
  const from = packageDirectory()
  const to = await mkdtemp(join(tmpdir(), 'mutants-'))
  const { stdout } = await runOrThrow('git', ['ls-files', '-z'], { cwd: from })
  for (const name of stdout.split('\0').slice(0, -1)) {
    await mkdir(dirname(join(to, name)), { recursive: true })
    await cp(join(from, name), join(to, name))
  }
  await mkdir(join(to, 'node_modules'))
  for (const name of await readdir(join(from, 'node_modules'))) {
    if (!name.startsWith('.') || name === '.bin')
      await symlink(join(from, 'node_modules', name), join(to, 'node_modules', name))
  }
  await runOrThrow('git', ['init', '--quiet'], { cwd: to })
  return to
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const order = [...items]
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1)
    const one = order[at] as Item
    order[at] = order[other] as Item
    order[other] = one
  }
  return order
}

function inOneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 60 ? `${line.slice(0, 60)} …` : line
}
