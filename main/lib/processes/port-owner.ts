import { readFile, readlink } from 'node:fs/promises'
import { z } from 'zod'
import { namesIn } from '../files/names-in.ts'
import { run } from './spawn.ts'

/** What `GET /api/hello` of a server of ours answers. */
const helloSchema = z.object({ name: z.literal('microvm-orchestrator'), version: z.string(), pid: z.int() })

/** Who listens on the TCP port of this host, as words for a message; undefined when that cannot be told. Never rejects. */
export async function portOwner(port: number): Promise<string | undefined> {
  const other = await askHello(port)
  if (other) return `another microvm-orchestrator (pid ${other.pid})`
  return process.platform === 'linux' ? ownerByProc(port) : ownerByLsof(port)
}

async function askHello(port: number): Promise<z.infer<typeof helloSchema> | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/hello`, { signal: AbortSignal.timeout(1_000) })
    return helloSchema.safeParse(await response.json()).data
  } catch {
    return undefined // Something else listens there.
  }
}

/** proc(5): `net/tcp` names the inode of the listening socket, and `PID/fd/*` links to it. */
async function ownerByProc(port: number): Promise<string | undefined> {
  const inode = (await listeningInode('/proc/net/tcp', port)) ?? (await listeningInode('/proc/net/tcp6', port))
  if (!inode) return undefined
  for (const pid of await namesIn('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    // Another user's is closed to us.
    for (const descriptor of await namesIn(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '') // Closed meanwhile.
      if (target !== `socket:[${inode}]`) continue
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '') // Ended meanwhile.
      return `${name.trim() || 'a program'} (pid ${pid})`
    }
  }
  return 'a program of another user'
}

async function listeningInode(table: string, port: number): Promise<string | undefined> {
  const text = await readFile(table, 'utf8').catch(() => '') // No such table: no IPv6, say.
  for (const line of text.split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
    if (state === '0A' && inode && Number.parseInt(local?.split(':')[1] ?? '', 16) === port) return inode
  }
  return undefined
}

async function ownerByLsof(port: number): Promise<string | undefined> {
  const { ok, stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeoutMs: 5_000 })
  const pid = /^p(\d+)$/m.exec(stdout)?.[1]
  const name = /^c(.+)$/m.exec(stdout)?.[1]
  return ok && pid ? `${name ?? 'a program'} (pid ${pid})` : undefined
}
