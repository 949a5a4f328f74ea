import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { entryExists } from '../../main/lib/files/look.ts'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { GuestLine } from '../../main/machines/attach/guest-line.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const nix = join(packageDirectory(), 'nix')
const never = new AbortController().signal

function start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(program, args, options)
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** The program that serves the line; undefined between two. */
async function servedBy({ pid }: ChildProcess): Promise<number | undefined> {
  const [first = ''] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ')
  const name = await readFile(`/proc/${first}/comm`, 'utf8').catch(() => '')
  return name === 'perl\n' ? Number(first) : undefined
}

/** One host after the other at the same line, which stays when a host goes. */
function hostAt({ stdin, stdout }: ChildProcess): Duplex {
  const host = new Duplex({
    read: () => undefined,
    write: (bytes, _encoding, done) => void stdin?.write(bytes, done),
    destroy: (error, done) => {
      stdout?.off('data', pass)
      done(error)
    },
  })
  const pass = (bytes: Buffer): void => void host.push(bytes)
  stdout?.on('data', pass)
  return host
}

test('the guest’s program that was killed begins anew at the same port, for a host that greets it again', async () => {
  const folder = await temporaryFolder()
  const [system, devices] = [join(folder, 'sys'), join(folder, 'dev')]
  for (const [port, name] of [
    ['vport0p1', 'microvm.clock'],
    ['vport1p1', 'microvm.attach'],
  ] as const) {
    await mkdir(join(system, 'class/virtio-ports', port), { recursive: true })
    await writeFile(join(system, 'class/virtio-ports', port, 'name'), `${name}\n`)
  }
  await mkdir(devices)
  // A terminal stands in for the serial port; as long as the test has it open it stays, as the port does.
  const device = join(devices, 'vport1p1')
  const line = start('socat', [`PTY,link=${device},raw,echo=0`, 'STDIO'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await until(() => entryExists(device))
  await using _held = await open(device, 'r+')
  const guest = start('bash', [join(nix, 'attach.sh'), 'perl', join(nix, 'attach.pl'), 'socat'], {
    stdio: 'ignore',
    env: {
      ...{ PATH: process.env.PATH, MICROVM_SYS: system, MICROVM_DEVICES: devices, MICROVM_SAME_USER: 'yes' },
      ...{ MICROVM_STATE: folder, MICROVM_WORKSPACE: folder, MICROVM_USER_HOME: folder },
    },
  })

  const programs = new Set<number>()
  for (let turn = 0; turn < 2; turn += 1) {
    await until(async () => ![undefined, ...programs].includes(await servedBy(guest)))
    const host = await GuestLine.begin(hostAt(line), never)
    expect(await text(await host.open({ kind: 'ports' }, never))).toMatch(/^[\d ]*$/)
    host.close()
    const program = await servedBy(guest)
    if (program === undefined) throw new Error('It died by itself')
    programs.add(program)
    process.kill(program, 'SIGKILL')
  }
  expect(programs.size).toBe(2)
})
