import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report } from './worker.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly runs: number
  readonly ms: number
  /** Holds the bytes of the case under way; after a finding, those that show it. */
  readonly caseFile: string
  /** A case that does not end in this time never will: they take milliseconds. Default two minutes. */
  readonly hangMs?: number
}

export type Verdict =
  | { readonly kind: 'held'; readonly cases: number; readonly peakBytes: number }
  | { readonly kind: 'found'; readonly cases: number; readonly what: string; readonly input: Buffer | null }

/** Of which a case may fill no more than its share: a heap that is small makes one that grows without bound fail soon. */
const heapMiB = 384
const residentLimitBytes = 1024 ** 3

/** Runs one target's cases in a process of its own and says what became of it: a promise broken, a crash, a hang, memory filled. */
export async function fuzzTarget(
  name: string,
  { seed, runs, ms, caseFile, hangMs = 120_000 }: FuzzOptions,
): Promise<Verdict> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [name, String(seed), String(runs), String(ms), caseFile], {
    execArgv: [`--max-old-space-size=${heapMiB}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4_000)
  })
  let cases = 0
  let peakBytes = 0
  let verdict: Verdict | undefined
  /** Runs from the first word of the child, which comes when everything is loaded. */
  let hang: NodeJS.Timeout | undefined
  function onHang(): void {
    verdict = { kind: 'found', cases, what: `a case did not end in ${hangMs / 1000} s`, input: null }
    child.kill('SIGKILL')
  }
  child.on('message', (report: Report) => {
    if (hang === undefined || report.cases > cases) {
      clearTimeout(hang)
      hang = setTimeout(onHang, hangMs)
    }
    cases = report.cases
    if (report.kind === 'progress') {
      peakBytes = Math.max(peakBytes, report.residentBytes)
      if (peakBytes <= residentLimitBytes) return
      verdict = { kind: 'found', cases, what: `it filled ${peakBytes} bytes of memory`, input: null }
      child.kill('SIGKILL')
    }
  })
  // Its last word may come after its end.
  const silent = once(child, 'disconnect')
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  await silent
  clearTimeout(hang)
  const last = await readFile(`${caseFile}.verdict`, 'utf8').catch(() => undefined) // It ended without one.
  await rm(`${caseFile}.verdict`, { force: true })
  if (last !== undefined) verdict ??= verdictOf(JSON.parse(last) as Report, peakBytes)
  return (
    verdict ?? {
      kind: 'found',
      cases,
      what: `the process ended with ${signal ?? `exit status ${code}`}\n${stderr}`,
      input: null,
    }
  )
}

function verdictOf(report: Report, peakBytes: number): Verdict | undefined {
  const { cases } = report
  if (report.kind === 'progress') return undefined
  return report.kind === 'held'
    ? { kind: 'held', cases, peakBytes }
    : { kind: 'found', cases, what: report.error, input: Buffer.from(report.input, 'base64') }
}
