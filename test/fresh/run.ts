/**
 * `npm run test:fresh [-- NAME...]`: the README's two commands on systems that were made from nothing, as a new user would run them,
 * with what such a user does wrong. It takes an hour without KVM, needs root and a Debian mirror, and is no part of `npm test`.
 */
import { FreshSystem, type SystemSpec } from './fresh-system.ts'
import { type Figures, scenario } from './scenario.ts'

const systems: readonly SystemSpec[] = [
  { name: 'debian-13-user', suite: 'trixie', user: 'ada' },
  { name: 'debian-12-root', suite: 'bookworm', user: 'root' },
  { name: 'debian-12-user', suite: 'bookworm', user: 'ada' },
  { name: 'debian-13-root', suite: 'trixie', user: 'root' },
]

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error('Stopped')))

if (process.getuid?.() !== 0) {
  say('npm run test:fresh needs root: it makes whole systems and enters them')
  process.exit(1)
}
const wanted = process.argv.slice(2)
const rows: string[] = []
for (const spec of systems.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  if (stop.signal.aborted) break
  const { figures, result } = await tried(spec)
  const seconds = (value: number | undefined) => (value === undefined ? '-' : String(Math.round(value)))
  rows.push(
    [
      spec.suite,
      spec.user === 'root' ? 'root' : 'user with sudo',
      seconds(figures?.firstSeconds),
      seconds(figures?.secondSeconds),
      result,
    ].join(' | '),
  )
  if (result !== 'passed') process.exitCode = 1
}
say('')
say('| system | user | first demo, s | second demo, s | result |')
say('| --- | --- | --- | --- | --- |')
for (const row of rows) say(`| ${row} |`)

async function tried(spec: SystemSpec): Promise<{ figures?: Figures; result: string }> {
  say(`== ${spec.name}`)
  try {
    await using system = await FreshSystem.start(spec, stop.signal)
    stop.signal.addEventListener('abort', () => system.kill(), { once: true })
    return {
      figures: await scenario(system, (line) => say(`   ${new Date().toISOString().slice(11, 19)} ${line}`)),
      result: 'passed',
    }
  } catch (thrown) {
    // Where the end of the system failed too, the reason comes first.
    const error: unknown = thrown instanceof SuppressedError ? thrown.suppressed : thrown
    if (thrown instanceof SuppressedError) say(`The system could not be taken away: ${thrown.error}`)
    const text = error instanceof Error ? error.message : String(error)
    say(text)
    return { result: `failed: ${text.split('\n', 1)[0]}` }
  }
}
