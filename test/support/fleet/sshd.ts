import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { startDetached } from '../../../main/lib/processes/start-detached.ts'
import { freePort } from '../web/free-port.ts'

/** A real sshd of the test's own, on the loopback, behind a link that the test can cut. */
export interface TestSshd extends AsyncDisposable {
  readonly host: string
  /** What `ssh -o` takes. */
  readonly options: readonly string[]
  /** Ends every connection that there is, and refuses new ones until `mend`. */
  cut(): void
  mend(): void
  /** What went over the link so far, in both directions, as ssh writes it. */
  bytes(): number
}

/** Where Debian and others put it; it wants to be called by its whole path. */
const program = ['/usr/sbin/sshd', '/usr/bin/sshd', '/sbin/sshd'].find((path) => existsSync(path)) ?? 'sshd'

/** @param path the PATH of those who log in. */
export async function startSshd(root: string, path?: string): Promise<TestSshd> {
  const folder = join(root, 'ssh')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = (name: string) => join(folder, name)
  for (const name of ['host', 'user'])
    await runOrThrow('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)])
  await copyFile(file('user.pub'), file('authorized_keys'))
  await chmod(file('authorized_keys'), 0o600)
  const port = await freePort()
  await writeFile(
    file('sshd_config'),
    [
      ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${file('host')}`, 'PidFile none'],
      ...[`AuthorizedKeysFile ${file('authorized_keys')}`, 'StrictModes no', 'UsePAM no', 'PasswordAuthentication no'],
      // A login shell reads none of the user's own files: what they start could be cut off in the middle, and wait for itself the next time. Images and
      // tools are where they are.
      ...[
        `SetEnv HOME=${folder} XDG_CACHE_HOME=${dirname(cacheDirectory())}${path === undefined ? '' : ` PATH=${path}`}`,
        'KbdInteractiveAuthentication no',
        'PermitRootLogin yes',
        'LogLevel ERROR',
      ],
      ...['MaxStartups 200', ''],
    ].join('\n'),
  )
  // As root it separates its privileges by this folder, which the service makes where there is one.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const daemon = await startDetached(program, ['-D', '-e', '-f', file('sshd_config')], {
    env: { PATH: process.env.PATH ?? '' },
  })
  await untilListening(port)

  const links = new Set<Socket>()
  let isCut = false
  let passed = 0
  const link = createServer((near) => {
    if (isCut) return void near.destroy()
    const far = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      links.add(one)
      one
        .on('error', () => undefined)
        .on('close', () => {
          links.delete(one)
          other.destroy()
        })
      one.on('data', (chunk: Buffer) => {
        passed += chunk.length
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => link.listen(0, '127.0.0.1', resolve))
  const { port: shown } = link.address() as { port: number }
  const cutAll = () => {
    for (const socket of links) socket.destroy()
  }
  return {
    host: `${userInfo().username}@127.0.0.1`,
    options: [
      ...[`Port=${shown}`, `IdentityFile=${file('user')}`, 'IdentitiesOnly=yes', 'IdentityAgent=none'],
      ...[
        `UserKnownHostsFile=${file('known_hosts')}`,
        'StrictHostKeyChecking=accept-new',
        'GlobalKnownHostsFile=/dev/null',
      ],
    ],
    cut: () => {
      isCut = true
      cutAll()
    },
    bytes: () => passed,
    mend: () => {
      isCut = false
    },
    [Symbol.asyncDispose]: async () => {
      cutAll()
      link.close()
      try {
        process.kill(-daemon.pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
      await daemon.ended
    },
  }
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (reached) return
    await sleep(20)
  }
}
