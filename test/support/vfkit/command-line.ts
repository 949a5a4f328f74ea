import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** What vfkit's command line asks for. */
export interface Configuration {
  readonly cpus: number
  readonly memoryMiB: number
  readonly kernel: string
  readonly initrd: string
  readonly commandLine: string
  readonly devices: readonly Device[]
  readonly restSocket: string | undefined
  readonly pidFile: string | undefined
}

export type Device =
  | { readonly kind: 'virtiorng' }
  | { readonly kind: 'virtioserial'; readonly logFile: string }
  | {
      readonly kind: 'virtioblk'
      readonly imagePath: string
      readonly deviceIdentifier: string
      readonly readOnly: boolean
    }
  | { readonly kind: 'virtiofs'; readonly sharedDir: string; readonly mountTag: string }
  | { readonly kind: 'virtionet'; readonly nat: true; readonly macAddress: string }
  | { readonly kind: 'virtiosock'; readonly port: number; readonly socketURL: string; readonly listen: boolean }
  | { readonly kind: 'rosetta'; readonly mountTag: string }

/** The flags of vfkit 0.6.4 with their short forms. Those that this stand-in does nothing for are known, and refused. */
const flags: Readonly<Record<string, { readonly short?: string; readonly used?: true }>> = {
  cpus: { short: 'c', used: true },
  memory: { short: 'm', used: true },
  kernel: { short: 'k', used: true },
  'kernel-cmdline': { short: 'C', used: true },
  initrd: { short: 'i', used: true },
  device: { short: 'd', used: true },
  'log-level': { used: true },
  'restful-uri': { used: true },
  pidfile: { used: true },
  bootloader: { short: 'b' },
  gui: {},
  timesync: { short: 't' },
  ignition: {},
  'cloud-init': {},
  nested: { short: 'n' },
}

/** What follows each error. */
export const usage = [
  'Usage:',
  '  vfkit [flags]',
  '',
  'Flags:',
  ...Object.entries(flags).map(
    ([name, { short }]) => `  ${short ? `-${short}, ` : '    '}--${name} string   its value`,
  ),
  '  -h, --help   help for vfkit',
  '',
].join('\n')

/** @throws with vfkit's reason, or with ours for what it knows and this stand-in does not. */
export function parseCommandLine(args: readonly string[]): Configuration {
  const values = new Map<string, string[]>()
  for (let at = 0; at < args.length; at += 1) {
    // A word of its own is taken, and means nothing.
    if (!args[at]?.startsWith('-')) continue
    const [name, attached] = flagAt(args[at] ?? '')
    const value = attached ?? args[++at]
    if (value === undefined) throw new Error(`flag needs an argument: --${name}`)
    values.set(name, [...(values.get(name) ?? []), value])
  }
  const last = (name: string): string => values.get(name)?.at(-1) ?? ''
  const boot = ['kernel', 'initrd', 'kernel-cmdline'] as const
  if (!boot.some((name) => values.has(name))) throw new Error('empty option list in --bootloader command line argument')
  const missing = boot.filter((name) => !values.has(name))
  if (missing.length > 0)
    throw new Error(
      `if any flags in the group [${boot.join(' ')}] are set they must all be set; missing [${missing.join(' ')}]`,
    )
  if (!['', 'debug', 'info', 'error'].includes(last('log-level')))
    throw new Error(`unknown log level: ${last('log-level')}`)
  return {
    cpus: unsigned('cpus', last('cpus') || '1'),
    memoryMiB: unsigned('memory', last('memory') || '512'),
    kernel: existing(last('kernel')),
    initrd: existing(last('initrd')),
    commandLine: last('kernel-cmdline'),
    devices: (values.get('device') ?? []).map(parseDevice),
    restSocket: values.has('restful-uri') ? socketOf(last('restful-uri')) : undefined,
    pidFile: last('pidfile') || undefined,
  }
}

function flagAt(argument: string): readonly [name: string, value: string | undefined] {
  const [, long, equals, value] = /^--([a-z][a-z-]*)(=)?(.*)$/s.exec(argument) ?? []
  const [, short, rest] = /^-([a-zA-Z])(.*)$/s.exec(argument) ?? []
  const name = long ?? Object.keys(flags).find((flag) => short !== undefined && flags[flag]?.short === short)
  if (name === undefined || !(name in flags)) throw new Error(`unknown flag: ${argument}`)
  if (!flags[name]?.used) throw new Error(`--${name} is not simulated`)
  return [name, long === undefined ? rest || undefined : equals && (value ?? '')]
}

function unsigned(name: string, value: string): number {
  if (/^\d+$/.test(value) && Number(value) > 0) return Number(value)
  throw new Error(
    `invalid argument "${value}" for "--${name}" flag: strconv.ParseUint: parsing "${value}": invalid syntax`,
  )
}

/** Of 32 bits; 0 where there is none. */
function vsockPort(value: string): number {
  if (!/^\d+$/.test(value)) throw new Error(`strconv.ParseUint: parsing "${value}": invalid syntax`)
  if (Number(value) >= 2 ** 32) throw new Error(`strconv.ParseUint: parsing "${value}": value out of range`)
  return Number(value)
}

/** As Go's `url.ParseRequestURI` and vfkit's own checks after it take it. */
function socketOf(uri: string): string {
  const [, path] = /^unix:\/\/(\/.*)$/s.exec(uri) ?? []
  if (path === undefined) throw new Error(`invalid unix uri: ${uri}`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/%(?![0-9a-fA-F]{2})|[\x00-\x1f\x7f]/.test(path)) throw new Error(`parse "${uri}": invalid URL escape`)
  const decoded = decodeURIComponent(path.replace(/\?.*$/s, ''))
  if (Buffer.byteLength(decoded) > 103) throw new Error('invalid unix uri: socket path length exceeds macOS limits')
  return decoded
}

type Options = Readonly<Record<string, string>>

/** Parted by commas, with no way to quote one; an option is what comes before its first equals sign. */
function parseDevice(text: string): Device {
  const [type = '', ...parts] = text.split(',')
  const pairs = parts.filter((part) => part !== '').map((part) => /^([^=]*)=?(.*)$/s.exec(part)?.slice(1) ?? [])
  const options: Options = Object.fromEntries(pairs)
  const parse = devices[type]
  if (parse === undefined) throw new Error(`unknown device type: ${type}`)
  for (const name of Object.keys(options)) {
    if (!parse.options.includes(name)) throw new Error(`unknown option for ${type} devices: ${name}`)
  }
  return parse.parse(options)
}

const devices: Readonly<Record<string, { readonly options: readonly string[]; parse(options: Options): Device }>> = {
  'virtio-rng': { options: [], parse: () => ({ kind: 'virtiorng' }) },
  'virtio-serial': {
    options: ['logFilePath'],
    parse: ({ logFilePath = '' }) => {
      if (logFilePath === '') throw new Error("one of 'logFilePath', 'stdio' or 'pty' must be set")
      return { kind: 'virtioserial', logFile: logFilePath }
    },
  },
  'virtio-blk': {
    options: ['path', 'type', 'readonly', 'deviceId'],
    parse: ({ path = '', type = 'image', deviceId = '', readonly }) => {
      if (readonly) throw new Error(`unexpected value for virtio-blk 'readonly' option: ${readonly}`)
      if (type !== 'image') throw new Error(`disks of type ${type} are not simulated`)
      if (readHeader(path) === 'QFI\xfb') throw new Error('vfkit does not support qcow2 image format')
      if (!/^[\x20-\x7e]{0,20}$/.test(deviceId)) throw new Error(`invalid device identifier: ${deviceId}`)
      return { kind: 'virtioblk', imagePath: path, deviceIdentifier: deviceId, readOnly: readonly !== undefined }
    },
  },
  'virtio-fs': {
    options: ['sharedDir', 'mountTag'],
    parse: ({ sharedDir = '', mountTag = '' }) => {
      if (sharedDir === '') throw new Error("missing mandatory 'sharedDir' option for virtio-fs device")
      if (!statSync(existing(sharedDir)).isDirectory()) throw new Error(`${sharedDir} is no directory`)
      if (mountTag === '' || Buffer.byteLength(mountTag) > 36) throw new Error(`invalid mount tag: ${mountTag}`)
      return { kind: 'virtiofs', sharedDir, mountTag }
    },
  },
  'virtio-net': {
    options: ['nat', 'mac'],
    parse: ({ nat, mac = '' }) => {
      if (nat !== '') throw new Error("one of 'nat' or 'fd' or 'unixSocketPath' must be set")
      if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) throw new Error(`address ${mac}: invalid MAC address`)
      return { kind: 'virtionet', nat: true, macAddress: mac }
    },
  },
  'virtio-vsock': {
    options: ['port', 'socketURL', 'listen', 'connect'],
    parse: ({ port = '0', socketURL = '', connect }) => ({
      kind: 'virtiosock',
      port: vsockPort(port),
      // The path goes through Go's `url.Parse` as `unix:PATH`.
      socketURL: socketOf(`unix://${socketURL}`),
      listen: connect === undefined,
    }),
  },
  rosetta: {
    options: ['mountTag', 'install', 'ignore-if-missing'],
    parse: ({ mountTag = '' }) => ({ kind: 'rosetta', mountTag }),
  },
}

/** vfkit opens disks while it parses: one that is not there, or is empty, is an error already here. */
function readHeader(path: string): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw new Error(`failed to open file ${path}: ${String(error)}`)
  }
  try {
    const header = Buffer.alloc(4)
    if (readSync(file, header) === 0) throw new Error(`failed to read the header of file ${path}: EOF`)
    return header.toString('latin1')
  } finally {
    closeSync(file)
  }
}

function existing(path: string): string {
  statSync(path)
  return path
}
