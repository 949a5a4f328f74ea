import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { run, runOrThrow } from '../../main/lib/processes/spawn.ts'

const bundle = '/etc/ssl/certs/ca-certificates.crt'

/** The Debian mirror that this host uses, so that the tests ask the same one. */
export async function hostMirror(): Promise<string> {
  const { stdout } = await run('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(ORIGIN) $(COMPONENT)',
    'Created-By: Packages',
  ])
  const found = stdout.split('\n').find((line) => / Debian main$/.test(line) && !line.includes('security'))
  return found?.split(' ')[0]?.replace(/\/$/, '') ?? 'http://deb.debian.org/debian'
}

/** What apt on this host is told of its network: proxies, certificates, whether dates are believed. */
export async function hostAptConfiguration(): Promise<string> {
  const { stdout } = await run('apt-config', ['dump'])
  return stdout
    .split('\n')
    .filter((line) => /^Acquire::(https?|ftp|Check-[\w-]+|Retries)\b.*"[^"]+";$/i.test(line))
    .join('\n')
}

/** The sources of a suite, at this host's mirror; its security updates too where the mirror is Debian's own. */
export const sourcesOf = (suite: string, mirror: string): string =>
  [suite, `${suite}-updates`].map((name) => `deb ${mirror} ${name} main\n`).join('') +
  (mirror.endsWith('/debian') ? `deb ${mirror}-security ${suite}-security main\n` : '')

/** Gives a fresh root the way to the network that this host has, and nothing else of it. */
export async function copyHostConfiguration(root: string, suite: string, home: string): Promise<void> {
  for (const name of ['/etc/resolv.conf', '/etc/hosts']) {
    if (existsSync(name)) await writeFile(join(root, name), await readFile(name))
  }
  await writeFile(join(root, 'etc/apt/sources.list'), sourcesOf(suite, await hostMirror()))
  await writeFile(join(root, 'etc/apt/apt.conf.d/99host'), `${await hostAptConfiguration()}\n`)
  const own = '/usr/local/share/ca-certificates'
  if (existsSync(own)) await cp(own, join(root, own), { recursive: true })
  if (existsSync(bundle)) {
    await mkdir(dirname(join(root, bundle)), { recursive: true })
    await copyFile(bundle, join(root, bundle))
  }
  await writeFile(join(root, home, '.npmrc'), await npmConfiguration())
}

async function npmConfiguration(): Promise<string> {
  const { stdout } = await runOrThrow('npm', ['config', 'get', 'registry', 'proxy', 'https-proxy', 'noproxy'])
  const lines = stdout.split('\n').filter((line) => /^[\w-]+=./.test(line) && !/=(null|undefined)$/.test(line))
  if (existsSync(bundle)) lines.push(`cafile=${bundle}`)
  const own = await readFile(join(homedir(), '.npmrc'), 'utf8').catch(() => '')
  return [...lines, ...own.split('\n').filter((line) => line.startsWith('//')), ''].join('\n')
}

/** The proxies of this host, for a user who logs in there. */
export const hostEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
