import { writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { allTargets } from './targets/all.ts'
import { planted } from './targets/planted.ts'

/**
 * Runs the cases of one target in a process of its own, so that whatever they do to it is seen from outside: arguments are the
 * target's name, the seed, the most cases, the most milliseconds, and a file that holds the bytes of the case under way.
 */
const [name = '', seed = '', runs = '', ms = '', caseFile = ''] = process.argv.slice(2)

/** What the process that watches is told, over and over. */
export type Report =
  | { readonly kind: 'progress'; readonly cases: number; readonly residentBytes: number }
  | { readonly kind: 'held'; readonly cases: number }
  | { readonly kind: 'broken'; readonly cases: number; readonly error: string; readonly input: string }

const target = [...allTargets, ...planted.map(({ target }) => target)].find((one) => one.name === name)
if (!target) throw new Error(`There is no target '${name}'`)
let cases = 0
/** Resolves when it is on its way: an exit would take back what is not. */
const tell = (report: Report): Promise<void> =>
  new Promise((resolve) => (process.send ? process.send(report, () => resolve()) : resolve()))
/** The last word goes to a file: a message could be lost on the way out. */
const conclude = (report: Report): void => writeFileSync(`${caseFile}.verdict`, JSON.stringify(report))
const progress = (): Promise<void> => tell({ kind: 'progress', cases, residentBytes: process.memoryUsage.rss() })
const beat = setInterval(() => void progress(), 500)

// What nobody waits for can go wrong too.
const stray: unknown[] = []
process.on('unhandledRejection', (reason) => stray.push(reason))
process.on('uncaughtException', (error) => stray.push(error))

const { check, ...opened } = await target.open()
await progress()
const details = await fc.check(
  fc.asyncProperty(target.inputs, async (input) => {
    writeFileSync(caseFile, input)
    await check(input)
    if (stray.length > 0) throw new Error('thrown where nobody waits', { cause: stray.shift() })
    cases++
    // A parser that waits for nothing would let no message out, and no stray rejection show.
    if (cases % 50 === 0) await Promise.all([progress(), setImmediate()])
  }),
  {
    seed: Number(seed),
    numRuns: Number(runs),
    interruptAfterTimeLimit: Number(ms),
    markInterruptAsFailure: false,
  },
)
await setImmediate()
clearInterval(beat)
await opened[Symbol.asyncDispose]()
if (details.failed || stray.length > 0) {
  const [input = Buffer.alloc(0)] = details.counterexample ?? []
  const { stack, cause } = (details.errorInstance ?? stray[0]) as Error
  const error = cause === undefined ? String(stack) : `${stack}\n${(cause as Error).stack}`
  conclude({ kind: 'broken', cases, error, input: input.toString('base64') })
} else conclude({ kind: 'held', cases })
process.exit()
