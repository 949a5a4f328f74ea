import { readFile, readlink, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { MachineHandle } from '../../../main/core/task/task.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { findTool } from '../../../main/lib/processes/find-tool.ts'
import type { Problem } from '../../../main/machines/driver.ts'
import { findHelperUser } from '../../../main/machines/helper-user.ts'
import { applyRemedies } from '../../../main/machines/host/host-packages.ts'
import { answerOf, answersUntilGo } from '../../support/machines/answering-line.ts'
import { bareGuest } from '../../support/machines/bare-guest.ts'
import {
  bareDriver,
  bareSpec,
  consoleSays,
  leftovers,
  processesNaming,
  startForTest,
} from '../../support/machines/bare-machine.ts'
import { pretendInternet } from '../../support/machines/network-namespace.ts'
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
      `${answersUntilGo}
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
    const starter = await startNode('machines/start-machine.ts', ['qemu', JSON.stringify(spec)], internet.host)
    const handle = JSON.parse(starter.firstLine) as MachineHandle
    starter.kill()
    const machine = await driver.adopt(handle)
    if (machine === undefined) throw new Error('not adopted')
    onTestFinished(() => machine.powerOff(AbortSignal.abort()))
    await consoleSays(spec.consolePath, 'ready')
    expect(await answerOf(machine, 'open')).toBe('heard open\n') // Shells and previews come to an open guest as to a closed one.
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
    const starter = await startNode('machines/start-machine.ts', ['qemu', JSON.stringify(spec)], internet.host)
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
    const starter = await startNode(
      'machines/start-machine.ts',
      ['qemu', JSON.stringify({ ...spec, network })],
      internet.host,
    )
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

const owner = ({ uid, gid }: { readonly uid: number; readonly gid: number }) => ({ uid, gid })
