import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ended, FreshSystem } from './fresh-system.ts'

export interface Figures {
  readonly firstSeconds: number
  readonly secondSeconds: number
}

/** The command of the README, as it stands there. */
async function readmeCommand(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8')
  const line = /^(npm ci && npm run demo)\s/m.exec(text)?.[1]
  assert(line, 'The README no longer says `npm ci && npm run demo`')
  return line
}

/** Everything that a new user does, right and wrong, on a system that was just installed. @throws at the first promise that is not kept. */
export async function scenario(system: FreshSystem, say: (line: string) => void): Promise<Figures> {
  const command = await readmeCommand()
  const bare = await system.snapshot()

  say('the demo before npm ci')
  const early = await system.start('npm run demo').ended
  assert.notEqual(early.exitCode, 0)
  assert.match(early.output, /are not installed yet\. Run: cd '.*' && npm ci/)

  say('Ctrl-C while packages are installed')
  await interrupted(system, command, /Installing by apt-get/)
  assert.equal((await system.asRoot('dpkg --audit')).trim(), '', 'a package is half installed')

  say('Ctrl-C while the image is built')
  await interrupted(system, 'npm run demo', /15 % Debian packages/)
  await assertNothingOfABuild(system)
  assertOnlyAdded(bare, await system.snapshot())

  say('the first demo')
  const [first, firstSeconds] = await timed(() => system.start(command).ended)
  assertMerged(first)
  assert.doesNotMatch(first.output, /EBADENGINE|npm warn/i)
  await assertNothingOfABuild(system)
  await assertNoProcess(system)
  const before = await system.snapshot()
  assertOnlyAdded(bare, before)

  say('the second demo, with another one at the same time')
  const started = performance.now()
  const second = system.start(command)
  await second.shows(/^== 2\./m)
  const other = await system.start('npm run demo').ended
  assert.notEqual(other.exitCode, 0)
  assert.match(other.output, /A demo runs already, since \S+ as process \d+, in /)
  assertMerged(await second.ended)
  const secondSeconds = (performance.now() - started) / 1000
  await assertNoProcess(system)
  assert.deepEqual(await system.snapshot(), before, 'a second demo changed the system')

  say('Ctrl-C while the machine is at work')
  await interrupted(system, 'npm run demo', /^ {3}\| /m)
  await assertNoProcess(system)
  assert.deepEqual(await system.snapshot(), before, 'a demo that was stopped changed the system')
  return { firstSeconds, secondSeconds }
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const started = performance.now()
  return [await work(), (performance.now() - started) / 1000]
}

async function interrupted(system: FreshSystem, command: string, at: RegExp): Promise<void> {
  const running = system.start(command)
  await running.shows(at)
  running.interrupt()
  const { output } = await running.ended
  assert.doesNotMatch(output, /Merged by/)
  await assertNoProcess(system)
}

function assertMerged({ exitCode, output }: Ended): void {
  assert.equal(exitCode, 0, output.slice(-4000))
  assert.match(output, /Merged by/)
}

/** What ends by itself has its time; what stays is named. */
async function assertNoProcess(system: FreshSystem): Promise<void> {
  let left: readonly string[] = []
  const deadline = performance.now() + 60_000
  do {
    left = await system.processes()
    if (left.length > 0) await sleep(1000)
  } while (left.length > 0 && performance.now() < deadline)
  assert.deepEqual(left, [], 'processes are left')
}

async function assertNothingOfABuild(system: FreshSystem): Promise<void> {
  const left = await system.asRoot(
    'ls -d ~/.cache/microvm-orchestrator/images/*.new-* /home/*/.cache/microvm-orchestrator/images/*.new-* /var/tmp/* /tmp/mmdebstrap* 2>/dev/null || true',
  )
  assert.equal(left.trim(), '', 'something of a build is left')
}

/** Packages bring files; nothing of what was there goes, apt's lists before all, and no mount is added. */
function assertOnlyAdded(before: readonly string[], after: readonly string[]): void {
  const pathOf = (line: string) => line.split(' ')[0] ?? line
  const now = new Set(after.map((line) => (line.startsWith('mount ') ? line : pathOf(line))))
  const gone = before
    .map((line) => (line.startsWith('mount ') ? line : pathOf(line)))
    // apt replaces the file of a list when the mirror has a newer one, by the same name.
    .filter((name) => !now.has(name))
  assert.deepEqual(gone, [], 'files or mounts of the system are gone')
  const mountsOf = (lines: readonly string[]) => lines.filter((line) => line.startsWith('mount '))
  assert.deepEqual(mountsOf(after), mountsOf(before), 'mounts are left')
  const inTmp = after.filter((line) => line.startsWith('/tmp/'))
  assert.deepEqual(
    inTmp.filter((line) => !line.startsWith('/tmp/microvm-orchestrator-')),
    before.filter((line) => line.startsWith('/tmp/')),
    'files are left in /tmp',
  )
}
