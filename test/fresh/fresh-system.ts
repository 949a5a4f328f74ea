import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from '../../main/lib/files/paths.ts'
import { run, runOrThrow } from '../../main/lib/processes/spawn.ts'
import { until } from '../support/until.ts'
import { copyHostConfiguration, hostEnvironment } from './host-configuration.ts'
import { makeRoot } from './make-root.ts'

export interface SystemSpec {
  readonly name: string
  readonly suite: string
  readonly user: 'root' | 'ada'
}

export interface Ended {
  readonly exitCode: number | null
  readonly output: string
}

/** A command that runs in the system as a user's shell would run it. */
export interface Running {
  /** Resolves when a line of its output matches; rejects when it ended before. */
  shows(pattern: RegExp): Promise<void>
  /** What a terminal's Ctrl-C does: SIGINT for the whole group. */
  interrupt(): void
  readonly ended: Promise<Ended>
}

const checkout = join(import.meta.dirname, '../..')

/** A Debian that was just installed, with a copy of this checkout in the user's home. */
export class FreshSystem implements AsyncDisposable {
  readonly spec: SystemSpec
  readonly #root: string
  readonly #pid: number
  readonly #gone: Promise<unknown>
  #isGone = false

  private constructor(spec: SystemSpec, root: string, init: ChildProcess, pid: number) {
    this.spec = spec
    this.#root = root
    this.#pid = pid
    this.#gone = once(init, 'exit').then(() => {
      this.#isGone = true
    })
  }

  static async start(spec: SystemSpec, signal: AbortSignal): Promise<FreshSystem> {
    const tar = await makeRoot(spec.suite, signal)
    const root = await mkdtemp(`${cacheDirectory()}-fresh/${spec.name}.`)
    try {
      return await FreshSystem.#bringUp(spec, tar, root, signal)
    } catch (error) {
      await rm(root, { recursive: true, force: true })
      throw error
    }
  }

  static async #bringUp(spec: SystemSpec, tar: string, root: string, signal: AbortSignal): Promise<FreshSystem> {
    await runOrThrow('chmod', ['755', root])
    await runOrThrow('tar', ['-xf', tar, '-C', root, '--numeric-owner', '--xattrs'], {}, signal)
    await addUser(root, spec, signal)
    await copyHostConfiguration(root, spec.suite, homeOf(spec))
    await copyCheckout(root, spec, signal)
    const namespaces = ['--mount', '--pid', '--fork', '--ipc', '--uts', '--kill-child']
    const init = spawn('unshare', [...namespaces, 'bash', join(import.meta.dirname, 'enter.sh'), root], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    await Promise.race([
      once(init.stdout, 'data'),
      once(init, 'exit').then(() => Promise.reject(new Error(`${spec.name} did not come up`))),
    ])
    const { stdout } = await runOrThrow('ps', ['-o', 'pid=', '--ppid', String(init.pid)])
    return new FreshSystem(spec, root, init, Number(stdout.trim()))
  }

  /** Starts it in the copy of the checkout. */
  start(command: string): Running {
    const { user } = this.spec
    const environment = { HOME: `/${homeOf(this.spec)}`, USER: user, LANG: 'C.UTF-8', ...hostEnvironment() }
    const login = ['env', '-i', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)]
    const path = `PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games${user === 'root' ? ':/usr/sbin:/sbin' : ''}`
    const words = ['runuser', '-u', user, '--', ...login, path, 'bash', '-c', `cd ~/microvm-orchestrator && ${command}`]
    const child = spawn('nsenter', [...this.#namespaces(), ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    const onText = (text: string) => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', onText)
    child.stderr.setEncoding('utf8').on('data', onText)
    let isOver = false
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (exitCode) => {
        isOver = true
        resolve({ exitCode, output })
      })
    })
    return {
      ended,
      interrupt: () => void process.kill(-(child.pid ?? 0), 'SIGINT'),
      shows: async (pattern) => {
        await until(() => isOver || pattern.test(output))
        if (!pattern.test(output)) throw new Error(`It ended before it showed ${pattern}:\n${output.slice(-3000)}`)
      },
    }
  }

  /** As root, whoever the user is. */
  async asRoot(script: string): Promise<string> {
    const { stdout } = await runOrThrow('nsenter', [...this.#namespaces(), 'bash', '-c', script])
    return stdout
  }

  /** Everything that runs there beside its first process and the question itself. */
  async processes(): Promise<readonly string[]> {
    const listed = await this.asRoot('ps -e -o pid=,ppid=,stat=,args=')
    return listed
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^1 |sleep 1000$|ps -e -o| Z/.test(line))
  }

  /** What of the system outside homes a command may change only when it says so. */
  async snapshot(): Promise<readonly string[]> {
    const files = await this.asRoot(
      "find /etc /tmp /var/tmp /usr/local /opt /srv /var/lib/apt/lists /var/lib/dpkg/info -printf '%p %y %s %m %u\\n' | sort",
    )
    const mounts = await this.asRoot('awk \'{ print "mount " $5 }\' /proc/1/mountinfo')
    return [...files.split('\n'), ...mounts.split('\n')].filter(Boolean)
  }

  /** Ends everything that runs there: what waits for it then fails. */
  kill(): void {
    if (this.#isGone) return
    this.#isGone = true
    process.kill(this.#pid, 'SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill()
    await this.#gone
    // What entered the system from outside is killed with it, and may hold the folder for a moment longer.
    await rm(this.#root, { recursive: true, force: true, maxRetries: 40, retryDelay: 250 })
  }

  #namespaces(): readonly string[] {
    return ['--target', String(this.#pid), '--mount', '--pid', '--ipc', '--uts', '--']
  }
}

const homeOf = ({ user }: SystemSpec): string => (user === 'root' ? 'root' : `home/${user}`)

async function addUser(root: string, { user }: SystemSpec, signal: AbortSignal): Promise<void> {
  if (user === 'root') return
  await runOrThrow(
    'chroot',
    [root, '/usr/sbin/useradd', '--create-home', '--shell', '/bin/bash', '--groups', 'sudo', user],
    {},
    signal,
  )
  await writeFile(join(root, 'etc/sudoers.d/ada'), `${user} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 })
}

async function copyCheckout(root: string, spec: SystemSpec, signal: AbortSignal): Promise<void> {
  const folder = join(root, homeOf(spec), 'microvm-orchestrator')
  await mkdir(folder)
  const copy =
    'git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x --no-same-owner -C "$1"'
  await runOrThrow('bash', ['-c', `set -o pipefail; ${copy}`, 'bash', folder], { cwd: checkout }, signal)
  if (spec.user === 'root') return
  const { stdout } = await run('stat', ['-c', '%u:%g', join(root, homeOf(spec))])
  await runOrThrow('chown', ['-R', stdout.trim(), join(root, homeOf(spec))], {}, signal)
}
