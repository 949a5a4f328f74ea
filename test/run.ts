/**
 * `npm test`: makes the host ready, then types, lint, and the four Vitest projects. It ends with what failed, and with a last line
 * `N passed, N failed` of the true counts: each test is one, types, lint and the preparation one each, and a Vitest that breaks off is one failure more.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { failureText, toFailure } from '../main/core/failure.ts'
import { packageDirectory } from '../main/lib/files/paths.ts'
import { run, runAttached } from '../main/lib/processes/spawn.ts'
import { type Count, countTests } from './support/count-tests.ts'
import { slurmTools } from './support/fleet/slurm-tools.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const require = createRequire(import.meta.url)
const root = packageDirectory()

process.chdir(root)
dropUserSettings(process.env)
const scratch = await mkdtemp(join(tmpdir(), 'microvm-run-'))
/** Vitest leaves one processor idle, which is half of them where there are two. Browsers and machines take what there is by themselves. */
const onAllProcessors = ['--maxWorkers=100%']
const total: Count = { passed: 0, failed: 0 }
const failures: string[] = []

try {
  say('1/7  The host: installs what is missing, builds the guest image once (some minutes).')
  const hostIsReady = await step('The host is ready', prepare)
  say('2/7  Types.')
  await step('Types', () => succeeds('typescript/package.json', 'bin/tsc', ['--noEmit']))
  await step('Types of the window', () =>
    succeeds('typescript/package.json', 'bin/tsc', ['--noEmit', '-p', 'renderer']),
  )
  say('3/7  Format and lint.')
  await step('Format and lint', () =>
    succeeds('@biomejs/biome/package.json', 'bin/biome', ['check', '--error-on-warnings', '.']),
  )
  say('4/7  Unit tests.')
  await tests('unit', ...onAllProcessors)
  say('5/7  Integration tests: real git, command lines, killed processes.')
  await tests('integration', ...onAllProcessors)
  say('6/7  The window in Chromium.')
  if (hostIsReady) await tests('browser')
  else say('     Not run: the host is not ready.')
  say('7/7  Tests with real virtual machines, real Claude Code and a scripted API.')
  if (hostIsReady) await tests('machine')
  else say('     Not run: the host is not ready.')
} finally {
  await rm(scratch, { recursive: true, force: true })
}
process.exitCode = total.failed === 0 ? 0 : 1
for (const failure of failures) say(`✗ ${failure.replace(`${root}/`, '')}`)
say(`${total.passed} passed, ${total.failed} failed`)

/** One check that counts as one test. */
async function step(title: string, check: () => Promise<boolean>): Promise<boolean> {
  let passed = false
  try {
    passed = await check()
  } catch (error) {
    say(failureText(toFailure(error)))
  }
  say(`     ${passed ? '✓' : '✗'} ${title}`)
  if (passed) total.passed += 1
  else {
    total.failed += 1
    failures.push(title)
  }
  return passed
}

/** Loaded late: a part that does not load is a failure of this step, not the end of the run. */
async function prepare(): Promise<boolean> {
  const { prepareHost } = await import('./support/machines/prepare-host.ts')
  const { directory } = await prepareHost((line) => say(`     ${line}`), new AbortController().signal, [
    { program: 'jq', package: 'jq', purpose: "runs the guest's task runner on this host, to be tested" },
    { program: 'chromium', package: 'chromium', purpose: 'shows the window to its tests' },
    {
      program: 'sshd',
      package: 'openssh-server',
      purpose: 'is how tests reach places, on the loopback alone',
      isThere: async () => existsSync('/usr/sbin/sshd') || existsSync('/usr/bin/sshd'),
    },
    ...slurmTools(),
    { program: 'fusermount3', package: 'fuse3', purpose: 'mounts a file system that ignores case' },
    {
      program: 'fusepy',
      package: 'python3-fusepy',
      purpose: 'is what that file system is written with',
      isThere: async () => (await run('/usr/bin/python3', ['-c', 'import fusepy'])).ok,
    },
  ])
  say(`     Guest image: ${directory}`)
  return true
}

async function succeeds(manifest: string, program: string, args: readonly string[]): Promise<boolean> {
  const path = join(dirname(require.resolve(manifest)), program)
  return (await runAttached(process.execPath, [path, ...args])) === 0
}

async function tests(project: string, ...options: readonly string[]): Promise<void> {
  const report = join(scratch, `${project}.json`)
  const args = [
    'run',
    '--project',
    project,
    ...options,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  const succeeded = await succeeds('vitest/package.json', 'vitest.mjs', args)
  const counted = countTests(await readFile(report, 'utf8').catch(() => undefined), succeeded)
  total.passed += counted.passed
  total.failed += counted.failed
  failures.push(...counted.failures.map((failure) => `${project}: ${failure}`))
}

/** Tests bring their own: a developer's key, gateway or home must not be used, or spent. */
function dropUserSettings(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) {
    if (/^(ANTHROPIC_|CLAUDE|MICROVM_ORCHESTRATOR_)/.test(name)) delete env[name]
  }
}
