import { readFile, readlink, rename, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { MachineHandle } from '../../../main/core/task.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { pathExists } from '../../../main/lib/path-exists.ts'
import { cacheDirectory } from '../../../main/lib/paths.ts'
import { isAlive } from '../../../main/lib/process-identity.ts'
import { findTool } from '../../../main/lib/spawn.ts'
import type { Problem } from '../../../main/machines/driver.ts'
import { findHelperUser } from '../../../main/machines/helper-user.ts'
import { applyRemedies } from '../../../main/machines/host-packages.ts'
import { createQemuDriver } from '../../../main/machines/qemu/driver.ts'
import { bareGuest } from '../../support/bare-guest.ts'
import {
  bareDriver,
  bareSpec,
  consoleSays,
  leftovers,
  processesNaming,
  startForTest,
} from '../../support/bare-machine.ts'
import { pretendInternet } from '../../support/network-namespace.ts'
import { startNode } from '../../support/node-process.ts'
import { until } from '../../support/until.ts'

const driver = bareDriver()
const never = new AbortController().signal
const isRoot = process.getuid?.() === 0
/** Of a home network, a company's, a cloud's metadata service and a VPN. */
const privateAddresses = ['192.168.7.80', '10.77.0.80', '172.20.0.80', '169.254.169.254', '100.64.1.80']

beforeAll(async () => {
  const missing = (await driver.problems(never)).filter(({ optional }) => !optional)
  const iproute: Problem = {
    ...{ code: 'ip-missing', message: 'ip is missing', cure: '' },
    remedy: { kind: 'packages', names: ['iproute2'] },
  }
  if (isRoot && (await findTool('ip')) === undefined) missing.push(iproute)
  await applyRemedies(missing, { onProgress: () => undefined }, never)
  await bareGuest(never)
})

test('guest and host share folders both ways, nothing runs as root, and nothing is left when the guest powers off', async () => {
  const user = await findHelperUser()
  if (user === undefined) throw new Error('no helper user')
  const spec = await bareSpec(`
    cd /workspace/repo
    cat ../run.sh >/dev/null && echo read
    echo root >of-root; su claude -c 'echo claude >of-claude; chmod 600 of-claude; ln -s of-claude link'
    chown 0:0 of-claude
    stat -c '%n %u:%g %a' . of-root of-claude ../run.sh
    mknod device c 1 3; mknod disk b 8 0; ls device disk
    cat /sys/block/vd*/serial; echo; echo waiting
    until [ -f go ]; do sleep 0.2; done; cat go
  `)
  const machine = await startForTest(driver, spec)
  await consoleSays(spec.consolePath, 'waiting')
  expect((await stat(spec.consolePath)).mode & 0o777).toBe(0o600)

  const processes = await processesNaming(`/${spec.name}/`)
  const programs = processes.map(({ command }) => /[a-z]+fsd|qemu-system/.exec(command)?.[0])
  expect(programs.toSorted()).toEqual(['qemu-system', ...Array(4).fill('virtiofsd')]) // virtiofsd forks once.
  expect(processes.filter(({ uid }) => uid === 0)).toEqual([])
  const filtered: string[] = []
  for (const { pid, command } of processes) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(await readFile(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size\s+0\s+0\s/m)
    // QEMU and the one process of each virtiofsd that answers the guest may make few system calls; the other only waits for it.
    filtered.push(...(/^Seccomp:\s+2$/m.test(status) ? [command] : []))
    if (command.includes('qemu-system')) expect(status).toMatch(/^Cap(Eff|Prm):\s+0+$/m)
  }
  expect(filtered.map((command) => /[a-z]+fsd|qemu-system/.exec(command)?.[0]).toSorted()).toEqual([
    ...['qemu-system', 'virtiofsd', 'virtiofsd'],
  ])
  for (const name of ['of-root', 'of-claude']) expect(await stat(join(spec.repo, name))).toMatchObject(owner(user))
  expect(await readlink(join(spec.repo, 'link'))).toBe('of-claude')
  await expect(stat(join(spec.repo, 'device'))).rejects.toThrow('ENOENT')

  const go = join(spec.repo, 'go')
  await writeFile(`${go}.part`, 'host says hello\n')
  await driver.prepareOwnership([`${go}.part`], never)
  await rename(`${go}.part`, go)
  expect(await machine.exited).toEqual({ kind: 'powered-off' })

  const console = await readFile(spec.consolePath, 'utf8')
  for (const line of [
    'read',
    '. 1000:1000 755',
    'of-root 1000:1000 644',
    'of-claude 1000:1000 600',
    'host says hello',
  ]) {
    expect(console.split(/\r?\n/)).toContain(line)
  }
  expect(console).toContain('mknod: device: Operation not permitted')
  expect(console).toContain('mknod: disk: Operation not permitted')
  expect(console).toContain('rootvar')
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

test('a panic, a killed QEMU and a killed virtiofsd are each told apart, and leave nothing', async () => {
  const panics = await bareSpec('echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger')
  const killed = await bareSpec('echo ready; sleep 1000')
  const orphaned = await bareSpec('echo ready; sleep 1000')
  const specs = [panics, killed, orphaned] as const
  const [first, second, third] = await Promise.all([
    startForTest(driver, panics),
    startForTest(driver, killed),
    startForTest(driver, orphaned),
  ])
  await Promise.all([killed, orphaned].map(({ consolePath }) => consoleSays(consolePath, 'ready')))
  process.kill(second.handle.pid, 'SIGKILL')
  process.kill(third.handle.helpers[1]?.pid ?? 0, 'SIGKILL')

  expect(await first.exited).toEqual({
    kind: 'panicked',
    detail: expect.stringMatching(/^Kernel panic - not syncing: sysrq/),
  })
  expect(await second.exited).toMatchObject({ kind: 'crashed', signal: 'SIGKILL' })
  expect(await third.exited).toMatchObject({ kind: 'crashed', detail: 'virtiofsd-repo ended while the machine ran' })
  for (const { name } of specs) expect(await leftovers(name)).toEqual([])
})

describe('a start that fails says why and leaves nothing', () => {
  test('QEMU ends at once', async () => {
    const image = { ...(await bareGuest(never)), kernel: (await bareGuest(never)).root }
    const broken = createQemuDriver({
      ...{ image: async () => image, cacheDirectory: cacheDirectory(), log: silentLog },
      accel: 'tcg',
    })
    const spec = await bareSpec('')
    await expect(broken.start(spec, never)).rejects.toMatchObject({
      code: 'boot-failed',
      message: expect.stringMatching(/^qemu ended with status 1 while the machine started: .*kernel/s),
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
    for (const delay of [0, 50, 100, 150, 200]) {
      const spec = await bareSpec('sleep 1000')
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
    `for n in 1 2 3 4; do wget -T 20 -q -O - http://10.0.2.100:${open}/ & done; wait
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

test.runIf(isRoot)(
  'a machine outlives the process that started it and is adopted; an open guest reaches the internet, never this host nor private networks',
  async () => {
    const internet = await pretendInternet('198.18.0.80', ...privateAddresses)
    await internet.serve('internet', 'http', '198.18.0.80', 80, 'internet')
    for (const address of privateAddresses) await internet.serve('internet', 'http', address, 80, 'PRIVATE')
    // On all addresses of the host: the loopback, and the one on its cable.
    await internet.serve('host', 'http', '0.0.0.0', 8081, 'LOOPBACK')
    await internet.serve('host', 'dns', '127.0.0.53', 53, '198.18.0.80')
    // With root's rights in the guest, packets can be sent to a loopback address through the card.
    const spec = await bareSpec(
      `until [ -f /workspace/repo/go ]; do sleep 0.2; done
       wget -T 10 -q -O - http://example.test/
       gateway=$(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')
       for host in $gateway ${internet.hostAddress}; do wget -T 2 -q -O - http://$host:8081/; done
       for host in ${privateAddresses.join(' ')}; do wget -T 2 -q -O - http://$host/; done
       echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet; echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet
       ip route add 127.0.0.1/32 via $gateway dev eth0 && wget -T 3 -q -O - http://127.0.0.1:8081/
       echo done`,
      { egress: 'open' },
    )
    const { repo } = spec
    const starter = await startNode('start-machine.ts', [JSON.stringify(spec)], internet.host)
    const handle = JSON.parse(starter.firstLine) as MachineHandle
    starter.kill()
    const machine = await driver.adopt(handle)
    if (machine === undefined) throw new Error('not adopted')
    onTestFinished(() => machine.powerOff(AbortSignal.abort()))
    await writeFile(join(repo, 'go'), '')
    expect(await machine.exited).toEqual({ kind: 'powered-off' })
    const console = await readFile(spec.consolePath, 'utf8')
    expect(console).toMatch(/^internet\r?\n/m)
    expect(console).toMatch(/^done\r?$/m)
    expect(console).not.toMatch(/LOOPBACK|PRIVATE/)
    expect(await leftovers(spec.name)).toEqual([])
    expect(await driver.adopt(handle)).toBeUndefined()
  },
)

test.runIf(isRoot)(
  'with private networks open, a guest reaches them and what this host serves its neighbours, and still not the loopback',
  async () => {
    const internet = await pretendInternet(...privateAddresses)
    for (const address of privateAddresses) await internet.serve('internet', 'http', address, 80, 'private')
    await internet.serve('host', 'http', '127.0.0.1', 8081, 'LOOPBACK')
    await internet.serve('host', 'http', internet.hostAddress, 8082, 'neighbours')
    const spec = await bareSpec(
      `wget -T 10 -q -O - http://${internet.hostAddress}:8082/
     gateway=$(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')
     for host in ${privateAddresses.join(' ')}; do wget -T 10 -q -O - http://$host/; done
     for host in $gateway ${internet.hostAddress}; do wget -T 2 -q -O - http://$host:8081/; done
     touch /workspace/repo/done; sync; sleep 1000`,
      { egress: 'open', privateNetworks: true },
    )
    const starter = await startNode('start-machine.ts', [JSON.stringify(spec)], internet.host)
    const machine = await driver.adopt(JSON.parse(starter.firstLine) as MachineHandle)
    onTestFinished(() => machine?.powerOff(AbortSignal.abort()))
    await until(() => pathExists(join(spec.repo, 'done')))
    const console = await readFile(spec.consolePath, 'utf8')
    expect(console.match(/^private\r?$/gm)).toHaveLength(privateAddresses.length)
    expect(console).toMatch(/^neighbours\r?$/m)
    expect(console).not.toContain('LOOPBACK')
  },
)

test.runIf(isRoot)(
  'a guest with a list reaches a listed host through its gateway, which outlives who started it; nothing else, and all is written down',
  async () => {
    const internet = await pretendInternet('198.18.0.80', '10.77.0.80')
    for (const address of ['198.18.0.80', '10.77.0.80']) {
      await internet.serve('internet', 'http', address, 80, `at ${address}`)
    }
    await internet.serve('host', 'http', '0.0.0.0', 8081, 'LOOPBACK')
    const names = [`inside.test=10.77.0.80`, 'loop.test=127.0.0.1', `own.test=${internet.hostAddress}`]
    await internet.serve('host', 'dns', '127.0.0.53', 53, ['198.18.0.80', ...names].join(','))
    const spec = await bareSpec(
      `until [ -f /workspace/repo/go ]; do sleep 0.2; done
       fetch() { http_proxy=http://10.0.2.101:3128 wget -T 10 -q -O - $1; }
       fetch http://listed.test/; fetch http://unlisted.test/; fetch http://198.18.0.80/
       fetch http://inside.test/; fetch http://loop.test:8081/; fetch http://own.test:8081/; fetch http://127.0.0.1:8081/
       printf 'CONNECT listed.test:80 HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n' | nc 10.0.2.101 3128 | sed 's/^at/tunnel to/'
       for host in 198.18.0.80 10.77.0.80; do wget -T 2 -q -O - http://$host/; done
       for host in 10.0.2.2 10.0.2.100 10.0.2.101 ${internet.hostAddress}; do wget -T 2 -q -O - http://$host:8081/; done
       nslookup -timeout=1 listed.test 10.0.2.3
       echo done`,
    )
    const logPath = join(spec.share, '../network.jsonl')
    const hosts = ['listed.test', 'inside.test', 'loop.test:8081', 'own.test:8081']
    const network = { ...spec.network, gateway: { config: { hosts, api: null }, logPath } }
    const starter = await startNode('start-machine.ts', [JSON.stringify({ ...spec, network })], internet.host)
    const handle = JSON.parse(starter.firstLine) as MachineHandle
    starter.kill()
    const machine = await driver.adopt(handle)
    if (machine === undefined) throw new Error('not adopted')
    onTestFinished(() => machine.powerOff(AbortSignal.abort()))
    const gateway = (await processesNaming(`/${spec.name}/`)).find(({ command }) => command.includes('gateway/main.ts'))
    expect(gateway?.uid).toBe((await findHelperUser())?.uid)
    await writeFile(join(spec.repo, 'go'), '')
    expect(await machine.exited).toEqual({ kind: 'powered-off' })

    const console = await readFile(spec.consolePath, 'utf8')
    expect(console.match(/^.*198\.18\.0\.80\r?$/gm)?.map((line) => line.trim())).toEqual([
      'at 198.18.0.80',
      'tunnel to 198.18.0.80',
    ])
    expect(console).toMatch(/^done\r?$/m)
    expect(console).not.toMatch(/LOOPBACK|at 10\.77/)
    expect((await stat(logPath)).mode & 0o777).toBe(0o600)
    const lines = (await readFile(logPath, 'utf8')).trim().split('\n')
    const told = lines
      .map((line) => JSON.parse(line))
      .map(({ verdict, host, reason }) => [verdict, host, reason].join(' '))
    expect(told.filter((line) => !line.startsWith('ended'))).toEqual([
      'reached listed.test ',
      'refused unlisted.test not-listed',
      'refused 198.18.0.80 not-listed',
      'refused inside.test address-refused',
      'refused loop.test address-refused',
      'refused own.test address-refused',
      'refused 127.0.0.1 not-listed',
      'reached listed.test ',
    ])
    expect(told.filter((line) => line.startsWith('ended'))).toHaveLength(2)
    expect(await leftovers(spec.name)).toEqual([])
  },
)

test('the gateway of a machine that was killed ends by itself, and a machine whose gateway was killed is ended', async () => {
  const withGateway = async () => {
    const spec = await bareSpec('echo ready; sleep 1000')
    const gateway = { config: { hosts: ['listed.test'], api: null }, logPath: join(spec.share, '../network.jsonl') }
    return { ...spec, network: { ...spec.network, gateway } }
  }
  const [unwatched, guarded] = [await withGateway(), await withGateway()]
  const starter = await startNode('start-machine.ts', [JSON.stringify(unwatched)])
  const handle = JSON.parse(starter.firstLine) as MachineHandle
  starter.kill()
  process.kill(handle.pid, 'SIGKILL')
  const gateway = handle.helpers.find(({ name }) => name === 'gateway')
  if (!gateway) throw new Error('no gateway')
  await until(async () => !(await isAlive(gateway)))
  expect(await driver.adopt(handle)).toBeUndefined()

  const machine = await startForTest(driver, guarded)
  process.kill(machine.handle.helpers.find(({ name }) => name === 'gateway')?.pid ?? 0, 'SIGKILL')
  expect(await machine.exited).toMatchObject({ kind: 'crashed', detail: 'gateway ended while the machine ran' })
  for (const { name } of [unwatched, guarded]) expect(await leftovers(name)).toEqual([])
})

test('a machine that died while nobody watched is not adopted, and its helpers are ended', async () => {
  const spec = await bareSpec('echo ready; sleep 1000')
  const starter = await startNode('start-machine.ts', [JSON.stringify(spec)])
  const handle = JSON.parse(starter.firstLine) as MachineHandle
  process.kill(handle.helpers[0]?.pid ?? 0, 'SIGSTOP') // Does not see QEMU go.
  starter.kill()
  process.kill(handle.pid, 'SIGKILL')
  while (await isAlive(handle)) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(await leftovers(spec.name)).not.toEqual([])
  expect(await driver.adopt(handle)).toBeUndefined()
  expect(await leftovers(spec.name)).toEqual([])
})

const owner = ({ uid, gid }: { readonly uid: number; readonly gid: number }) => ({ uid, gid })
