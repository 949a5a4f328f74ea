import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** Runs what udhcpc runs, with an `ip` that writes down what it is told; resolves with that and the name servers. */
async function lease(event: string, variables: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder()
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'ip'), `#!/bin/sh\necho "$*" >>${folder}/told\n`)
  await chmod(join(bin, 'ip'), 0o755)
  await writeFile(join(folder, 'told'), '')
  const script = await readFile(join(packageDirectory(), 'nix/debian/dhcp'), 'utf8')
  const here = script.replaceAll('/etc/resolv.conf', join(folder, 'resolv.conf'))
  const env = { PATH: `${bin}:/usr/bin:/bin`, interface: 'eth0', ...variables }
  await runOrThrow('sh', ['-c', here, 'dhcp', event], { env })
  const told = (await readFile(join(folder, 'told'), 'utf8')).trim().split('\n')
  return { told, servers: await readFile(join(folder, 'resolv.conf'), 'utf8').catch(() => '') }
}

const offer = { ip: '192.168.64.7', mask: '24', router: '192.168.64.1 192.168.64.9', dns: '192.168.64.1' }

test('a lease gives the address, one route and the name servers; one that is lost takes the address back', async () => {
  expect(await lease('bound', offer)).toEqual({
    told: ['addr replace 192.168.64.7/24 dev eth0', 'route replace default via 192.168.64.1 dev eth0'],
    servers: 'nameserver 192.168.64.1\n',
  })
  expect(await lease('deconfig', {})).toEqual({ told: ['addr flush dev eth0'], servers: '' })
})

test('where the network has no name server, public ones are asked', async () => {
  expect((await lease('renew', { ...offer, dns: '' })).servers).toBe('nameserver 1.1.1.1\nnameserver 9.9.9.9\n')
})
