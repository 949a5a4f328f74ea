/**
 * `npm run bench [-- NAME... --quick --record --guard]`: measures, prints one table, writes test/output/bench.json; a run of all in full
 * size, or one that is to be recorded, has its rows take the place of those in results.json, and RESULTS.md is made of that.
 */
import { mkdir, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pathExists } from '../../main/lib/files/look.ts'
import { removeTree } from '../../main/lib/files/remove-tree.ts'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { grown } from './grown.ts'
import type { Bench } from './measure.ts'
import { mergeRecords, type Recorded, type Result, type Run, resultOf, resultsPage, tableOf } from './report.ts'
import { acknowledge } from './rows/acknowledge.ts'
import { attach } from './rows/attach.ts'
import { boot } from './rows/boot.ts'
import { clone } from './rows/clone.ts'
import { environments } from './rows/environments.ts'
import { firstRequest } from './rows/first-request.ts'
import { flood } from './rows/flood.ts'
import { history } from './rows/history.ts'
import { idle } from './rows/idle.ts'
import { landing } from './rows/landing.ts'
import { live } from './rows/live.ts'
import { mcp } from './rows/mcp.ts'
import { merge } from './rows/merge.ts'
import { message } from './rows/message.ts'
import { places } from './rows/places.ts'
import { task } from './rows/task.ts'
import { template } from './rows/template.ts'
import { warm } from './rows/warm.ts'
import { window } from './rows/window.ts'
import { soak } from './soak/soak.ts'

const benches: readonly Bench[] = [
  clone,
  merge,
  landing,
  boot,
  acknowledge,
  mcp,
  history,
  window,
  flood,
  attach,
  idle,
  live,
  message,
  warm,
  firstRequest,
  template,
  places,
  environments,
  task,
  soak,
]
const output = join(import.meta.dirname, '../output')
const recordPath = join(import.meta.dirname, 'results.json')

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => stop.abort(new Error('Stopped')))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    guard: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const isRecorded = values.record || (positionals.length === 0 && !values.quick)
const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name))
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`No such benchmark: ${unknown.join(', ')}\n`)
  process.stdout.write('npm run bench [-- NAME... --quick --record --guard]\n\n')
  for (const { name, about } of benches) process.stdout.write(`  ${name.padEnd(12)} ${about}\n`)
  process.exitCode = unknown.length > 0 ? 2 : 0
} else {
  const chosen = benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  // A server has its sockets to live for; what is measured here without one must not end with the last thing that is waited for.
  const alive = setInterval(() => undefined, 2 ** 30)
  process.exitCode = (await runAll(chosen, values.quick)) ? 0 : 1
  clearInterval(alive)
}

/** True when everything could be measured; a goal that was not reached is told in the table and is no error. */
async function runAll(chosen: readonly Bench[], quick: boolean): Promise<boolean> {
  await mkdir(output, { recursive: true })
  const measured: { readonly bench: string; readonly rows: readonly Result[] }[] = []
  const failed: string[] = []
  for (const bench of chosen) {
    say(`== ${bench.name}: ${bench.about}`)
    try {
      measured.push({ bench: bench.name, rows: (await runOne(bench, quick)).map(resultOf) })
    } catch (error) {
      if (stop.signal.aborted) break
      failed.push(bench.name)
      say(`   not measured: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
  }
  const rows = measured.flatMap(({ rows }) => rows)
  const run = await runOfNow(quick)
  await writeFile(join(output, 'bench.json'), `${JSON.stringify({ ...run, failed, rows }, null, 2)}\n`)
  if (rows.length > 0) process.stdout.write(`\n${tableOf(rows)}\n`)
  const isAsBefore = !values.guard || (await guard(rows))
  if (isRecorded) await record(measured.map(({ bench, rows }) => ({ bench, run, rows: rows.map(withoutValues) })))
  if (failed.length > 0) say(`Not measured: ${failed.join(', ')}`)
  return failed.length === 0 && isAsBefore && !stop.signal.aborted
}

/** Whether no ratio is worse by a third than what is recorded. */
async function guard(rows: readonly Result[]): Promise<boolean> {
  const worse = grown(await readRecords(), rows)
  for (const { what, before, now } of worse) say(`Grown: ${what}: ${now.toFixed(2)} x, recorded ${before.toFixed(2)} x`)
  return worse.length === 0
}

async function runOfNow(quick: boolean): Promise<Run> {
  const version = await runOrThrow('git', ['describe', '--always', '--dirty'], { cwd: import.meta.dirname })
  return {
    at: new Date().toISOString(),
    quick,
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    version: version.stdout.trim(),
    host: {
      processor: cpus()[0]?.model ?? '?',
      cores: availableParallelism(),
      load: loadavg(),
      node: process.version,
    },
  }
}

function withoutValues({ values: _, ...row }: Result) {
  return row
}

async function readRecords(): Promise<readonly Recorded[]> {
  return (await pathExists(recordPath)) ? (JSON.parse(await readFile(recordPath, 'utf8')) as readonly Recorded[]) : []
}

/** A benchmark that could not be measured now keeps what it had. */
async function record(newer: readonly Recorded[]): Promise<void> {
  const older = await readRecords()
  const names = benches.map(({ name }) => name)
  const records = mergeRecords(names, older, newer)
  const missing = names.filter((name) => !records.some(({ bench }) => bench === name))
  await writeFile(recordPath, `${JSON.stringify(records, null, 2)}\n`)
  await writeFile(join(import.meta.dirname, 'RESULTS.md'), resultsPage(records, missing))
}

async function runOne(bench: Bench, quick: boolean) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `mvm-bench-${bench.name}-`)))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => removeTree(folder))
  const pictures = isRecorded ? import.meta.dirname : output
  const tell = (line: string) => say(`   ${line}`)
  const rows = await bench.measure({ quick, folder, pictures, stack, signal: stop.signal, say: tell })
  stop.signal.throwIfAborted()
  return rows
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
