import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** What the guest's script calls on a kernel command line, one call a line. */
async function callsFor(commandLine: string): Promise<readonly string[]> {
  const folder = await temporaryFolder()
  for (const tool of ['ip', 'socat']) {
    await writeFile(join(folder, tool), `#!/bin/sh\necho "${tool} $*" >>'${folder}/calls'\n`)
    await chmod(join(folder, tool), 0o755)
  }
  await writeFile(join(folder, 'cmdline'), commandLine)
  await writeFile(join(folder, 'calls'), '')
  const env = { PATH: `${folder}:/usr/bin:/bin`, MICROVM_COMMAND_LINE: join(folder, 'cmdline') }
  await runOrThrow('bash', [join(packageDirectory(), 'nix', 'forwards.sh')], { env })
  return (await readFile(join(folder, 'calls'), 'utf8')).split('\n').filter(Boolean)
}

test('the guest takes over the time that its host says, and nothing that is no time', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'date'), `#!/bin/sh\necho "date $*" >>'${folder}/calls'\n`)
  await chmod(join(folder, 'date'), 0o755)
  const input = '1795500000.250\n$(touch x)\n-1\n\n1795500001\n'
  const env = { PATH: `${folder}:/usr/bin:/bin` }
  const { stdout } = await runOrThrow('bash', [join(packageDirectory(), 'nix', 'clock.sh')], { env, input })
  expect(await readFile(join(folder, 'calls'), 'utf8')).toBe('date -s @1795500000.250\ndate -s @1795500001\n')
  expect(stdout.match(/host's time is/g)).toHaveLength(2)
})

test('a runner that waits for its task is woken by the time, and nobody else is waited for', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'date'), '#!/bin/sh\n')
  await chmod(join(folder, 'date'), 0o755)
  const env = { PATH: `${folder}:/usr/bin:/bin`, MICROVM_STATE: folder }
  const script =
    'mkfifo "$MICROVM_STATE/told"; exec 3<>"$MICROVM_STATE/told"; bash "$0"; read -r -t 60 <&3 && echo woken'
  const clock = join(packageDirectory(), 'nix', 'clock.sh')
  const { stdout } = await runOrThrow('bash', ['-c', script, clock], { env, input: '1795500000\n' })
  expect(stdout).toMatch(/woken\n$/)
})

test('each port of the command line is found at the address where every guest finds it, over vsock', async () => {
  const calls = await callsFor('console=hvc0 quiet microvm.forwards=4000,8080 panic=0\n')
  expect(calls[0]).toBe('ip address add 10.0.2.100/32 dev lo')
  expect(calls.slice(1).toSorted()).toEqual([
    'socat -t 60 -T 600 TCP-LISTEN:4000,bind=10.0.2.100,fork,reuseaddr VSOCK-CONNECT:2:4000',
    'socat -t 60 -T 600 TCP-LISTEN:8080,bind=10.0.2.100,fork,reuseaddr VSOCK-CONNECT:2:8080',
  ])
})

test('the gateway is found at an address of its own', async () => {
  const calls = await callsFor('quiet microvm.gateway=103128\n')
  expect(calls).toEqual([
    'ip address add 10.0.2.101/32 dev lo',
    'socat -t 60 -T 600 TCP-LISTEN:3128,bind=10.0.2.101,fork,reuseaddr VSOCK-CONNECT:2:103128',
  ])
})

test("nix's daemon gets the way to the gateway and nothing else of what the host gave", async () => {
  const folder = await temporaryFolder()
  const way = ['http_proxy', 'https_proxy', 'all_proxy'].map((name) => `${name}=http://10.0.2.101:3128`)
  const given = [...way, 'ANTHROPIC_MODEL=x', 'no_proxy=10.0.2.100', 'https_proxy=a\nb=c']
  await writeFile(join(folder, 'environment'), given.map((pair) => `${pair}\0`).join(''))
  const env = { PATH: '/usr/bin:/bin', MICROVM_WORKSPACE: folder }
  const { stdout } = await runOrThrow('bash', [join(packageDirectory(), 'nix', 'proxy.sh')], { env })
  expect(stdout).toBe([...way, 'no_proxy=10.0.2.100', ''].join('\n'))
})

test('with nothing forwarded nothing is set up', async () => {
  expect(await callsFor('console=hvc0 quiet\n')).toEqual([])
})
