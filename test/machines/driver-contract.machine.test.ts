import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { MachineHandle } from '../../main/core/task/task.ts'
import { pathExists } from '../../main/lib/files/look.ts'
import { cacheDirectory } from '../../main/lib/files/paths.ts'
import { silentLog } from '../../main/lib/log.ts'
import { isAlive } from '../../main/lib/processes/process-identity.ts'
import type { MachineDriver } from '../../main/machines/driver.ts'
import type { GuestImage } from '../../main/machines/guest-image.ts'
import { applyRemedies } from '../../main/machines/host/host-packages.ts'
import { createQemuDriver } from '../../main/machines/qemu/driver.ts'
import { createVfkitDriver } from '../../main/machines/vfkit/driver.ts'
import { answerOf, answersUntilGo } from '../support/machines/answering-line.ts'
import { bareGuest } from '../support/machines/bare-guest.ts'
import {
  bareDriver,
  bareSpec,
  consoleSays,
  type DriverName,
  leftovers,
  startForTest,
} from '../support/machines/bare-machine.ts'
import { guestArchitecture, qemuName } from '../support/machines/guest-architecture.ts'
import { pretendMac } from '../support/machines/pretend-mac.ts'
import { startNode } from '../support/node-process.ts'
import { until } from '../support/until.ts'

const never = new AbortController().signal

beforeAll(async () => {
  const missing = (await bareDriver('qemu').problems(never)).filter(({ optional }) => !optional)
  await applyRemedies(missing, { onProgress: () => undefined }, never)
  await bareGuest(never)
})

const withImage: Record<DriverName, (image: GuestImage) => MachineDriver> = {
  qemu: (image) =>
    createQemuDriver({
      image: async () => image,
      cacheDirectory: cacheDirectory(),
      log: silentLog,
      accel: 'tcg',
      architecture: qemuName[guestArchitecture()],
    }),
  vfkit: (image) => createVfkitDriver({ image: async () => image, log: silentLog, host: pretendMac }),
}

/** What `main/machines/driver.ts` asks of every driver, with real guests. */
describe.each(['qemu', 'vfkit'] satisfies DriverName[])('%s', (name) => {
  const driver = bareDriver(name)
  const forwards = [{ host: '127.0.0.1', port: 9 }]

  test('guest and host share folders both ways, the guest finds its disks, and nothing is left when it powers off', async () => {
    const spec = await bareSpec(`
      cd /workspace/repo
      cat ../run.sh >/dev/null && echo read
      echo written >of-guest; cat /sys/block/vd*/serial; echo; cat /proc/cmdline; nproc
      until [ -f go ]; do sleep 0.2; done; cat go
    `)
    const machine = await startForTest(driver, spec)
    await consoleSays(spec.consolePath, 'console=hvc0')
    const ofGuest = join(spec.repo, 'of-guest')
    await until(async () => (await readFile(ofGuest, 'utf8').catch(() => '')) === 'written\n')
    await writeFile(join(spec.repo, 'go'), 'host says hello\n')
    expect(await machine.exited).toEqual({ kind: 'powered-off' })
    const console = (await readFile(spec.consolePath, 'utf8')).split(/\r?\n/)
    expect(console).toEqual(expect.arrayContaining(['read', 'rootvar', '1', 'host says hello']))
    expect(await leftovers(spec.name)).toEqual([])
  })

  test('a stop is taken by the guest as its power button, and forced on a guest that does not listen', async () => {
    const listening = await bareSpec('echo ready; sleep 1000')
    const deaf = await bareSpec('rmmod evdev; rmmod button; echo ready; sleep 1000')
    const [polite, stubborn] = await Promise.all([startForTest(driver, listening), startForTest(driver, deaf)])
    await Promise.all([listening, deaf].map(({ consolePath }) => consoleSays(consolePath, 'ready')))
    await polite.powerOff(AbortSignal.timeout(30_000))
    await stubborn.powerOff(AbortSignal.timeout(1_000))
    expect([await polite.exited, await stubborn.exited]).toEqual([{ kind: 'stopped' }, { kind: 'stopped' }])
    expect(await readFile(listening.consolePath, 'utf8')).toContain('bare: power button')
    expect([...(await leftovers(listening.name)), ...(await leftovers(deaf.name))]).toEqual([])
  })

  test('a panic, a killed hypervisor and a killed helper are each told apart, and leave nothing', async () => {
    const panics = await bareSpec('echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger')
    const killed = await bareSpec('echo ready; sleep 1000')
    const orphaned = await bareSpec('echo ready; sleep 1000', { forwards })
    const specs = [panics, killed, orphaned] as const
    const [first, second, third] = await Promise.all([
      startForTest(driver, panics),
      startForTest(driver, killed),
      startForTest(driver, orphaned),
    ])
    await Promise.all([killed, orphaned].map(({ consolePath }) => consoleSays(consolePath, 'ready')))
    process.kill(second.handle.pid, 'SIGKILL')
    const helper = third.handle.helpers.at(-1)
    if (helper === undefined) throw new Error('no helper')
    process.kill(helper.pid, 'SIGKILL')

    expect(await first.exited).toEqual({
      kind: 'panicked',
      detail: expect.stringMatching(/^Kernel panic - not syncing: sysrq/),
    })
    expect(await second.exited).toMatchObject({ kind: 'crashed', signal: 'SIGKILL' })
    expect(await third.exited).toMatchObject({ kind: 'crashed', detail: `${helper.name} ended while the machine ran` })
    for (const { name } of specs) await until(async () => (await leftovers(name)).length === 0)
  })

  describe('a start that fails says why and leaves nothing', () => {
    test('the hypervisor ends at once', async () => {
      const guest = await bareGuest(never)
      const spec = await bareSpec('')
      await expect(withImage[name]({ ...guest, kernel: guest.directory }).start(spec, never)).rejects.toMatchObject({
        code: 'boot-failed',
        message: expect.stringMatching(
          new RegExp(`^${name} ended with status 1 while the machine started: .*kernel`, 's'),
        ),
      })
      expect(await leftovers(spec.name)).toEqual([])
    })

    test('a shared folder is missing', async () => {
      const spec = await bareSpec('')
      const shares = [
        { tag: 'share' as const, directory: spec.share },
        { tag: 'repo' as const, directory: '/nowhere' },
      ]
      await expect(driver.start({ ...spec, shares }, never)).rejects.toThrow()
      expect(await leftovers(spec.name)).toEqual([])
    })

    test('a forward has no port', async () => {
      const spec = await bareSpec('', { forwards: [{ host: '127.0.0.1', port: 0 }] })
      await expect(driver.start(spec, never)).rejects.toMatchObject({ code: 'argument-invalid' })
      expect(await leftovers(spec.name)).toEqual([])
    })

    test('its signal fires, at whatever moment', async () => {
      for (const delay of [0, 50, 100, 150, 200, 800]) {
        const spec = await bareSpec('sleep 1000', { forwards })
        const cancel = new AbortController()
        const started = driver.start(spec, cancel.signal)
        setTimeout(() => cancel.abort(new Error('enough')), delay)
        await started.then(
          (machine) => machine.powerOff(AbortSignal.abort()), // It was faster than the signal.
          (error: Error) => expect(error.message).toBe('enough'),
        )
        expect(await leftovers(spec.name)).toEqual([])
      }
    })

    test('a living machine has the name, and is left alone', async () => {
      const spec = await bareSpec('echo ready; sleep 1000')
      const machine = await startForTest(driver, spec)
      await expect(driver.start(spec, never)).rejects.toThrow(`A machine named '${spec.name}' runs already`)
      expect(await isAlive(machine.handle)).toBe(true)
      await consoleSays(spec.consolePath, 'ready')
    })
  })

  test('a closed guest reaches what is forwarded to it, several at once, and neither the loopback of the host nor a name server', async () => {
    const server = createServer((_, response) => response.end('forwarded\n')).listen(0, '127.0.0.1')
    const secret = createTcpServer((socket) => socket.end('SECRET\n')).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    onTestFinished(() => void secret.close())
    await Promise.all([server, secret].map((it) => new Promise((resolve) => it.once('listening', resolve))))
    const [open, closed] = [server, secret].map((it) => (it.address() as AddressInfo).port)
    const spec = await bareSpec(
      `for n in 1 2 3 4; do wget -T 20 -q -O - http://${driver.forwardAddress}:${open}/ & done; wait
       for host in 10.0.2.2 10.0.2.100 10.0.2.3 127.0.0.1; do nc -w 2 $host ${closed} </dev/null; done
       nslookup -timeout=1 example.invalid 10.0.2.3 && echo RESOLVED`,
      { forwards: [{ host: '127.0.0.1', port: open ?? 0 }] },
    )
    const machine = await startForTest(driver, spec)
    expect(await machine.exited).toEqual({ kind: 'powered-off' })
    const console = await readFile(spec.consolePath, 'utf8')
    expect(console.match(/^forwarded\r?$/gm)).toHaveLength(4)
    expect(console).not.toMatch(/SECRET|RESOLVED/)
  })

  test('a guest finds its gateway, which writes down what it asked for; one of a killed machine ends by itself, and a machine ends without its own', async () => {
    const withGateway = async (script: string) => {
      const spec = await bareSpec(script)
      const logPath = join(spec.share, '../network.jsonl')
      return { ...spec, logPath, network: { ...spec.network, gateway: { config: { hosts: [], api: null }, logPath } } }
    }
    const asks = await withGateway(`http_proxy=${driver.gatewayUrl} wget -T 20 -q -O - http://unlisted.test/`)
    const machine = await startForTest(driver, asks)
    expect(await machine.exited).toEqual({ kind: 'powered-off' })
    expect(JSON.parse(await readFile(asks.logPath, 'utf8'))).toMatchObject({
      verdict: 'refused',
      host: 'unlisted.test',
    })
    expect(await leftovers(asks.name)).toEqual([])

    const [unwatched, guarded] = [await withGateway('sleep 1000'), await withGateway('sleep 1000')]
    const { handle, kill } = await startElsewhere(unwatched)
    kill()
    process.kill(handle.pid, 'SIGKILL')
    const gateway = handle.helpers.find(({ name }) => name === 'gateway')
    if (!gateway) throw new Error('no gateway')
    await until(async () => !(await isAlive(gateway)))
    expect(await driver.adopt(handle)).toBeUndefined()

    const other = await startForTest(driver, guarded)
    process.kill(other.handle.helpers.find(({ name }) => name === 'gateway')?.pid ?? 0, 'SIGKILL')
    expect(await other.exited).toMatchObject({ kind: 'crashed', detail: 'gateway ended while the machine ran' })
    for (const { name } of [unwatched, guarded]) await until(async () => (await leftovers(name)).length === 0)
  })

  test('a machine has a line of its own: bytes go both ways, one connection after the other, also when it was adopted', async () => {
    const spec = await bareSpec(answersUntilGo)
    const { handle, kill } = await startElsewhere(spec)
    kill()
    const machine = await driver.adopt(handle)
    onTestFinished(() => machine?.powerOff(AbortSignal.abort()))
    await consoleSays(spec.consolePath, 'ready')
    // A guest's end of a line need not learn that the host has gone, so this one reads for a second at a time.
    for (const word of ['first', 'second']) expect(await answerOf(machine, word)).toBe(`heard ${word}\n`)
    await writeFile(join(spec.repo, 'go'), '')
    expect(await machine?.exited).toEqual({ kind: 'powered-off' })
    await expect(machine?.openLine?.(never)).rejects.toThrow()
  })

  test('a guest that needs its shares no more is kept from them and from the network, and powers off by itself', async () => {
    // Whoever still has a file of a share open waits in vain as it closes it, so the script goes on as another one.
    const spec = await bareSpec(`
      cat >/tmp/rest <<'END'
      (while :; do echo x >>/workspace/repo/flood; done) &
      until [ -s /workspace/repo/flood ]; do sleep 0.1; done
      { : >/workspace/repo/ended & }
      sleep 3
      ping -c 1 -W 2 10.0.2.2 >/dev/null && echo 'a network'
      echo over; echo o >/proc/sysrq-trigger; sleep 60
END
      cd /; exec sh /tmp/rest
    `)
    const machine = await startForTest(driver, spec)
    const { closeShares } = machine
    expect(closeShares === null).toBe(name === 'vfkit')
    await until(() => pathExists(join(spec.repo, 'ended')))
    await closeShares?.()
    const flood = () => readFile(join(spec.repo, 'flood'))
    const before = await flood()
    expect(await machine.exited).toEqual({ kind: 'powered-off' })
    if (closeShares) expect((await flood()).equals(before)).toBe(true)
    const console = await readFile(spec.consolePath, 'utf8')
    expect(console).toContain('over')
    if (closeShares) expect(console).not.toContain('a network')
    expect(await leftovers(spec.name)).toEqual([])
  })

  test('a machine outlives the process that started it, is adopted, and can be stopped', async () => {
    const [works, sleeps] = [
      await bareSpec('until [ -f /workspace/repo/go ]; do sleep 0.2; done'),
      await bareSpec('echo ready; sleep 1000'),
    ]
    const [first, second] = await Promise.all([works, sleeps].map(adopted))
    if (!first || !second) throw new Error('not adopted')
    await writeFile(join(works.repo, 'go'), '')
    expect(await first.exited).toEqual({ kind: 'powered-off' })
    await consoleSays(sleeps.consolePath, 'ready')
    await second.powerOff(AbortSignal.timeout(30_000))
    expect(await second.exited).toEqual({ kind: 'stopped' })
    for (const { handle } of [first, second]) expect(await driver.adopt(handle)).toBeUndefined()
    expect([...(await leftovers(works.name)), ...(await leftovers(sleeps.name))]).toEqual([])
  })

  test('a machine that died while nobody watched is not adopted, and its helpers are ended', async () => {
    const spec = await bareSpec('echo ready; sleep 1000', { forwards })
    const { handle, kill } = await startElsewhere(spec)
    process.kill(handle.helpers[0]?.pid ?? 0, 'SIGSTOP') // Does not see the hypervisor go.
    kill()
    process.kill(handle.pid, 'SIGKILL')
    while (await isAlive(handle)) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await leftovers(spec.name)).not.toEqual([])
    expect(await driver.adopt(handle)).toBeUndefined()
    await until(async () => (await leftovers(spec.name)).length === 0)
  })

  test('a machine that nobody keeps is reaped with all its processes; one that is kept and one of another home are not', async () => {
    const [lost, kept, foreign] = [
      await bareSpec('echo ready; sleep 1000', { forwards }),
      await bareSpec('echo ready; sleep 1000'),
      await bareSpec('echo ready; sleep 1000'),
    ]
    const { kill } = await startElsewhere(lost)
    kill()
    const machines = await Promise.all(
      [{ ...kept, owner: lost.owner }, foreign].map((spec) => startForTest(driver, spec)),
    )
    const reaped = await driver.reap(lost.owner, (machine) => machine === kept.name, AbortSignal.timeout(20_000))
    expect(reaped.length).toBeGreaterThan(0)
    expect(new Set(reaped.map(({ machine }) => machine))).toEqual(new Set([lost.name]))
    expect(await leftovers(lost.name)).toEqual([])
    for (const { handle } of machines) expect(await isAlive(handle)).toBe(true)
  })

  const startElsewhere = async (spec: object) => {
    const { firstLine, kill } = await startNode('machines/start-machine.ts', [name, JSON.stringify(spec)])
    return { handle: JSON.parse(firstLine) as MachineHandle, kill }
  }

  const adopted = async (spec: object) => {
    const { handle, kill } = await startElsewhere(spec)
    kill()
    const machine = await driver.adopt(handle)
    onTestFinished(() => machine?.powerOff(AbortSignal.abort()))
    return machine
  }
})
