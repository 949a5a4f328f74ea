import { readFile, readlink, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { MachineHandle } from '../../../main/core/task.ts'
import { findTool } from '../../../main/lib/find-tool.ts'
import type { Problem } from '../../../main/machines/driver.ts'
import { findHelperUser } from '../../../main/machines/helper-user.ts'
import { applyRemedies } from '../../../main/machines/host-packages.ts'
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

const driver = bareDriver()
const never = new AbortController().signal
const isRoot = process.getuid?.() === 0

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
  for (const { pid } of processes) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  }
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
  'a machine outlives the process that started it and is adopted; an open guest reaches the internet, never the loopback',
  async () => {
    const internet = await pretendInternet('198.18.0.80')
    await internet.serve('internet', 'http', '198.18.0.80', 80, 'internet')
    await internet.serve('host', 'http', '127.0.0.1', 8081, 'LOOPBACK')
    await internet.serve('host', 'dns', '127.0.0.53', 53, '198.18.0.80')
    // With root's rights in the guest, packets can be sent to a loopback address through the card.
    const spec = await bareSpec(
      `until [ -f /workspace/repo/go ]; do sleep 0.2; done
       wget -T 10 -q -O - http://example.test/
       gateway=$(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')
       for host in $gateway ${internet.hostAddress}; do wget -T 2 -q -O - http://$host:8081/; done
       echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet; echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet
       ip route add 127.0.0.1/32 via $gateway dev eth0 && wget -T 3 -q -O - http://127.0.0.1:8081/
       echo done`,
      { egress: 'open' },
    )
    const { repo } = spec
    const starter = await startNode('start-machine.ts', ['qemu', JSON.stringify(spec)], internet.host)
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
    expect(console).not.toContain('LOOPBACK')
    expect(await leftovers(spec.name)).toEqual([])
    expect(await driver.adopt(handle)).toBeUndefined()
  },
)

const owner = ({ uid, gid }: { readonly uid: number; readonly gid: number }) => ({ uid, gid })
