import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requestOverSocket } from '../../../main/lib/http/http-socket.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { vfkitArguments } from '../../../main/machines/vfkit/arguments.ts'
import { worthwhileLines } from '../../../main/machines/watch/worthwhile-lines.ts'
import { temporaryFolder } from '../temporary.ts'
import { until } from '../until.ts'
import { parseCommandLine } from './command-line.ts'

async function commandLine() {
  const folder = await temporaryFolder()
  const file = async (name: string) => {
    await writeFile(join(folder, name), name)
    return join(folder, name)
  }
  const args = vfkitArguments({
    ...{
      cpus: 2,
      memoryMiB: 1024,
      kernel: await file('kernel'),
      initrd: await file('initrd'),
      kernelParameters: ['quiet'],
    },
    ...{ root: await file('root'), volumes: [{ serial: 'var', path: await file('var.img') }] },
    shares: [{ tag: 'repo', directory: folder }],
    ...{ console: join(folder, 'serial.log'), mac: '02:6d:76:6d:00:03', rosettaTag: 'rosetta' },
    relays: [{ port: 4000, socket: '/tmp/f.sock' }],
    gatewaySocket: undefined,
    clockSocket: '/tmp/clock.sock',
    attachSocket: '/tmp/attach.sock',
    ...{ controlSocket: '/tmp/c.sock', pidFile: join(folder, 'pid') },
  })
  return { folder, args }
}

test('what the driver writes is read as it was meant', async () => {
  const { folder, args } = await commandLine()
  expect(parseCommandLine(args)).toEqual({
    ...{ cpus: 2, memoryMiB: 1024, kernel: join(folder, 'kernel'), initrd: join(folder, 'initrd') },
    commandLine: 'quiet loglevel=1 panic=0 microvm.forwards=4000',
    devices: [
      { kind: 'virtiorng' },
      { kind: 'virtioserial', logFile: join(folder, 'serial.log') },
      { kind: 'virtioblk', imagePath: join(folder, 'root'), deviceIdentifier: 'root', readOnly: true },
      { kind: 'virtioblk', imagePath: join(folder, 'var.img'), deviceIdentifier: 'var', readOnly: false },
      { kind: 'virtiofs', sharedDir: folder, mountTag: 'repo' },
      { kind: 'virtionet', nat: true, macAddress: '02:6d:76:6d:00:03' },
      { kind: 'virtiosock', port: 4000, socketURL: '/tmp/f.sock', listen: true },
      { kind: 'virtiosock', port: 123, socketURL: '/tmp/clock.sock', listen: false },
      { kind: 'virtiosock', port: 124, socketURL: '/tmp/attach.sock', listen: false },
      { kind: 'rosetta', mountTag: 'rosetta' },
    ],
    ...{ restSocket: '/tmp/c.sock', pidFile: join(folder, 'pid') },
  })
})

test.each([
  ['an unknown flag', ['--machine', 'q35'], 'unknown flag: --machine'],
  ['a flag with no value', ['--cpus'], 'flag needs an argument: --cpus'],
  ['processors that are no number', ['--cpus', 'two'], 'invalid argument "two"'],
  ['an unknown device', ['--device', 'virtio-gpu9'], 'unknown device type: virtio-gpu9'],
  ['an unknown option', ['--device', 'virtio-rng,fast'], 'unknown option for virtio-rng devices: fast'],
  [
    'a path with a comma',
    ['--device', 'virtio-serial,logFilePath=/a,b'],
    'unknown option for virtio-serial devices: b',
  ],
  ['a disk that is not there', ['--device', 'virtio-blk,path=/nowhere'], 'failed to open file /nowhere'],
  [
    'a serial that is too long',
    ['--device', 'virtio-blk,path=/etc/passwd,deviceId=123456789012345678901'],
    'invalid device identifier',
  ],
  ['a share that is not there', ['--device', 'virtio-fs,sharedDir=/nowhere,mountTag=x'], 'ENOENT'],
  ['a MAC address that is none', ['--device', 'virtio-net,nat,mac=1:2'], 'invalid MAC address'],
  ['a network that is none', ['--device', 'virtio-net,mac=02:6d:76:6d:00:03'], "one of 'nat'"],
  ['a socket with a percent sign', ['--restful-uri', 'unix:///tmp/100%/s'], 'invalid URL escape'],
  ['a socket of 104 bytes', ['--restful-uri', `unix:///tmp/${'x'.repeat(99)}`], 'exceeds macOS limits'],
  ['a port of more than 32 bits', ['--device', 'virtio-vsock,port=4294967296,socketURL=/s'], 'value out of range'],
  ['a log level', ['--log-level', 'trace'], 'unknown log level: trace'],
])('%s ends it with an error', async (_, wrong, reason) => {
  const { args } = await commandLine()
  expect(() => parseCommandLine([...args, ...wrong])).toThrow(reason)
})

test('a kernel alone is too little', async () => {
  expect(() => parseCommandLine(['--kernel', '/etc/passwd'])).toThrow('must all be set')
  expect(() => parseCommandLine([])).toThrow('--bootloader')
})

test('a word of its own means nothing', async () => {
  const { args } = await commandLine()
  expect(parseCommandLine([...args, 'start'])).toEqual(parseCommandLine(args))
})

test('the executable ends with status 1, says why twice with its usage in between, and the driver shows it once', {
  timeout: 240_000,
}, async () => {
  const { exitCode, stderr } = await run(join(import.meta.dirname, 'vfkit'), ['--cpus', 'two'])
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/^Error: (.*)\nUsage:\n[\s\S]*\n {2}-h, --help[^\n]*\n\n\1\n$/),
  ])
  expect(worthwhileLines(stderr)).toEqual([expect.stringMatching(/^Error: /)])
})

test('each request is logged as gin does, and the driver shows none', { timeout: 240_000 }, async () => {
  const socket = join(await temporaryFolder(), 'rest.sock')
  const served = `import { serveRestApi } from ${JSON.stringify(join(import.meta.dirname, 'rest-api.ts'))}
    await serveRestApi(${JSON.stringify(socket)}, { devices: [] }, { state: async () => 'Running', change: async () => undefined })
    console.log('ready')`
  const stop = new AbortController()
  let log = ''
  const said = run(
    process.execPath,
    ['--input-type=module', '-e', served],
    { onLine: (line) => (log += `${line}\n`) },
    stop.signal,
  )
  await until(() => log.includes('ready'))
  await requestOverSocket({ socketPath: socket, method: 'GET', path: '/vm/state' }, AbortSignal.timeout(30_000))
  await until(() => log.includes('[GIN]'))
  stop.abort()
  await said
  expect(log).toMatch(/^\[GIN\] \S+ - \S+ \| 200 \|.*GET.*"\/vm\/state"$/m)
  expect(worthwhileLines(log)).toEqual(['ready'])
})
