import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathExists } from '../lib/files/look.ts'
import { run } from '../lib/processes/spawn.ts'
import type { GuestImage } from '../machines/guest-image.ts'
import { required } from '../machines/host/required.ts'
import { findAcceleration } from '../machines/qemu/acceleration.ts'
import { qemuArguments } from '../machines/qemu/arguments.ts'
import { Confinement } from '../machines/qemu/confine.ts'
import { inspectHost } from '../machines/qemu/host.ts'
import { toolCommand } from '../machines/qemu/tools.ts'
import { makeRunDirectory, removeRunDirectory } from '../machines/run-directory.ts'
import { prepareConsole } from '../machines/watch/console.ts'
import { naiveParameters } from './attack-image.ts'

/**
 * A machine as QEMU's manual starts one: user networking as it comes, a share served by anyone who calls, root if it is root. Its guest
 * is our own probe and nothing else. Answers its console.
 */
export async function runNaiveMachine(
  {
    image,
    share,
    cacheDirectory,
  }: { readonly image: GuestImage; readonly share: string; readonly cacheDirectory: string },
  signal: AbortSignal,
): Promise<string> {
  const host = await inspectHost(cacheDirectory)
  const user = required(host.user, 'The system user that runs virtual machines')
  const qemu = required(host.qemu, 'QEMU')
  const { architecture } = host
  const { kernel } = image
  const acceleration = await findAcceleration({ qemu: qemu.path, architecture, user, kernel }, cacheDirectory, signal)

  const directory = await makeRunDirectory(`naive-${process.pid}`, user)
  const over = new AbortController()
  const limit = AbortSignal.any([signal, over.signal])
  await using stack = new AsyncDisposableStack()
  stack.defer(() => removeRunDirectory(directory.path))
  const socket = join(directory.io, 'share.sock')
  const [server, ...options] = await toolCommand(required(host.virtiofsd, 'virtiofsd 1.13'), asCaller())
  const sharing = run(
    server,
    [...options, '--shared-dir', share, '--socket-path', socket, '--sandbox', 'none', '--cache', 'auto'],
    {},
    limit,
  )
  stack.defer(async () => {
    over.abort()
    await sharing
  })
  while (!(await pathExists(socket))) {
    limit.throwIfAborted()
    await sleep(20)
  }
  await chmod(socket, 0o666) // In a folder that only the helper user can enter.

  const console = join(directory.io, 'console.log')
  await prepareConsole(console, user)
  const confinement = new Confinement(user, directory.mounts('qemu'))
  const [program, ...args] = confinement.command([
    qemu.path,
    ...qemuArguments(
      {
        cpus: 1,
        memoryMiB: 512,
        kernel: await confinement.expose(kernel),
        initrd: await confinement.expose(image.initrd),
        kernelParameters: naiveParameters(image),
        root: await confinement.expose(image.root),
        volumes: [],
        shares: [{ tag: 'share', socket }],
        console,
        controlSocket: directory.controlSocket,
        clockSocket: directory.clockSocket,
        attachSocket: directory.attachSocket,
        network: {
          cards: [{ backend: { type: 'user', id: 'net0' }, mac: '02:4d:56:00:00:7f', kernelParameter: '' }],
          spawns: false,
          passtSocket: undefined,
          lifeline: undefined,
        },
      },
      { architecture, version: qemu.version, acceleration },
    ).filter((argument) => argument !== '-no-reboot'),
  ])
  const { ok, stderr } = await run(program, args, { cwd: '/' }, limit)
  signal.throwIfAborted()
  const said = await readFile(console, 'utf8')
  if (!ok && said === '') throw new Error(`The naive machine did not run: ${stderr}`)
  return said
}

const asCaller = () => new Confinement({ kind: 'caller', uid: -1, gid: -1 }, '')
