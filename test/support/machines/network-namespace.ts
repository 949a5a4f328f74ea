import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { startNode } from '../node-process.ts'

/** Two network namespaces with a cable between them: one plays a host, the other the internet. Needs root. */
export interface PretendInternet {
  /** The namespace to start a host's programs in, as `ip netns exec` takes it. */
  readonly host: string
  /** The address of the host on its cable. */
  readonly hostAddress: string
  /** Resolves when the server listens; it ends with the test. */
  serve(where: 'host' | 'internet', kind: 'http' | 'dns', address: string, port: number, answer: string): Promise<void>
}

/** @param addresses that answer on the far side; private ones too, since the host sends all that is not its own there. */
export async function pretendInternet(...addresses: readonly string[]): Promise<PretendInternet> {
  const host = `mvm-host-${process.pid}`
  const internet = `mvm-net-${process.pid}`
  const ip = (...args: readonly string[]) => runOrThrow('ip', args)
  const nameservers = join('/etc/netns', host)
  onTestFinished(async () => {
    await ip('netns', 'delete', host)
    await ip('netns', 'delete', internet)
    await rm(nameservers, { recursive: true, force: true })
  })
  await ip('netns', 'add', host)
  await ip('netns', 'add', internet)
  await ip('link', 'add', 'mvm0', 'netns', host, 'type', 'veth', 'peer', 'name', 'mvm1', 'netns', internet)
  await ip('-n', host, 'address', 'add', '203.0.113.2/24', 'dev', 'mvm0')
  await ip('-n', internet, 'address', 'add', '203.0.113.1/24', 'dev', 'mvm1')
  for (const address of addresses) await ip('-n', internet, 'address', 'add', `${address}/32`, 'dev', 'lo')
  for (const device of ['lo', 'mvm0']) await ip('-n', host, 'link', 'set', device, 'up')
  for (const device of ['lo', 'mvm1']) await ip('-n', internet, 'link', 'set', device, 'up')
  await ip('-n', host, 'route', 'add', 'default', 'via', '203.0.113.1')
  // As on a host with systemd-resolved.
  await mkdir(nameservers, { recursive: true })
  await writeFile(join(nameservers, 'resolv.conf'), 'nameserver 127.0.0.53\n')
  return {
    host,
    hostAddress: '203.0.113.2',
    async serve(where, kind, address, port, answer) {
      const namespace = where === 'host' ? host : internet
      await startNode('web/serve.ts', [kind, address, String(port), answer], namespace)
    },
  }
}
