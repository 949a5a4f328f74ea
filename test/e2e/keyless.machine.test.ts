import { once } from 'node:events'
import { open, readdir, readlink } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { hostDriver } from '../../main/app.ts'
import { silentLog } from '../../main/lib/log.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import type { MachineDriver } from '../../main/machines/driver.ts'
import { openKeychain } from '../../main/settings/secrets/keychain.ts'
import { addSecret } from '../../main/settings/secrets/secrets.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { windowOfServer } from '../../main/web/window-of-server.ts'
import { recordingUpstream } from '../support/claude/recording-upstream.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type History, say, sequence } from '../support/claude/scripted-turn.ts'
import { scriptedKey, startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn, subjectsOf } from '../support/git/repositories.ts'
import { hasKeyring, openKeyring } from '../support/keyring.ts'
import { taskId } from '../support/tasks.ts'
import { until } from '../support/until.ts'
import { secretOf } from '../support/web/secret-upstream.ts'

/** What the guest has in the key's place; found in its memory, or the search would prove nothing. */
const standIn = 'sk-ant-api03-the-host-has-the-key'

/** What no guest may have, while it may use it: one in a file of the home, and one in the system's keychain, where this host has such. */
const secret = 'glpat-a-secret-of-the-user-0123456789'
const vaulted = 'vault-Secret-of-the-user-9876543210'
/** What tasks of another repository may use. */
const others = 'other-Secret-of-the-user-1029384756'

/** Written so that the command itself does not hold the key. */
const pattern = (key: string) => `[${key.slice(0, 1)}]${key.slice(1)}`
const search = [
  `grep -lsa '${pattern(standIn)}' /proc/[0-9]*/environ | head -1 | sed 's/.*/found the stand-in/'`,
  `grep -rlsa ${[scriptedKey, secret, vaulted, others].map((text) => `-e '${pattern(text)}'`).join(' ')} /proc/[0-9]*/environ /proc/[0-9]*/cmdline /workspace /home /run /tmp /var /nix/var /etc | sed 's/^/KEY IN /'`,
  'echo searched',
].join('; ')

/** By its route: a request that reads and one that does not; and what git makes of the name of its host. */
const useSecret = [
  'curl -sS -m 60 "$SECRET_LAB_URL/api/projects" && echo',
  'curl -sS -m 60 -o /dev/null -w "%{http_code}\\n" -X DELETE "$SECRET_LAB_URL/api/projects/1"',
  'curl -sS -m 60 "$SECRET_VAULT_URL/items" && echo',
  // Another method by a parameter; the secret of another repository, and of another host, by its route.
  ...['LAB/api/projects?_method=DELETE', 'OTHER/items', 'LAB/..%2fVAULT/items'].map(
    (path) => `curl -sS -m 60 -o /dev/null -w "%{http_code}\\n" "\${SECRET_LAB_URL%LAB}${path}"`,
  ),
  'git ls-remote --get-url git@lab.example.test:me/project.git | sed "s,$SECRET_LAB_URL,ROUTE,"',
].join('; ')

/** By the variables that the guest has, and past them. */
const askElsewhere = [
  'curl -sS -m 60 https://unlisted.example/ 2>&1 | grep -o "response 403"',
  "curl -sS -m 60 --noproxy '*' https://unlisted.example/ 2>&1 | grep -o 'Could not resolve'",
].join('; ')

test('the agent does its task while the key is nowhere in its machine, not even in memory, and no host beyond its list is reached', async () => {
  const asked = Promise.withResolvers<void>()
  const searched = Promise.withResolvers<void>()
  const found: string[] = []
  const keyless = sequence(
    () => bash(useSecret),
    async ({ results }: History) => {
      found.push(results.at(-1)?.text ?? '')
      asked.resolve()
      await searched.promise // A search in the guest would bring what it looks for into its memory.
      return bash(search)
    },
    ({ results }: History) => {
      found.push(results.at(-1)?.text ?? '')
      return bash(askElsewhere)
    },
    ({ results }: History) => {
      found.push(results.at(-1)?.text ?? '')
      return bash("echo hi > hello.md && git add . && git commit -qm 'Add hello.md'")
    },
    () => say('Done.'),
  )
  if (hasKeyring) await openKeyring()
  await using api = await startScriptedApi({ scripts: { keyless }, expectedKey: scriptedKey })
  const answer = `{"echo":"${secret} ${vaulted}"}`
  const covered = answer.replace(secret, '*'.repeat(secret.length)).replace(vaulted, '*'.repeat(vaulted.length))
  const lab = await recordingUpstream(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`)
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: { 'README.md': 'A project\n' } },
    settings: { keyInGuest: false },
    driver: withoutTls(lab.url),
  })
  await addSecret(orchestra.home, secretOf({ name: 'LAB', host: 'lab.example.test', tools: ['git'] }), secret)
  const form = { kind: 'header', name: 'X-Vault-Token', prefix: '' } as const
  await addSecret(
    orchestra.home,
    secretOf({ name: 'VAULT', host: 'vault.example.test', form }),
    vaulted,
    ...(hasKeyring ? [await openKeychain(orchestra.home)] : []),
  )
  const other = { name: 'OTHER', host: 'other.example.test', repositories: [join(orchestra.home, '../elsewhere')] }
  await addSecret(orchestra.home, secretOf(other), others)
  await orchestra.command('allow', orchestra.pathOf('project'), '--allow-host', 'listed.example')
  const id = await orchestra.runTask('project', 'Add hello.md. [script: keyless]')
  const { pid, phase } = await orchestra.until(id, 'working')
  expect(phase).toBe('working')
  await asked.promise
  expect(await foundInMemory(pid ?? 0, [standIn, scriptedKey, secret, vaulted, others])).toEqual([standIn])
  expect(await toldByProcesses([secret, vaulted, others])).toBe('')
  // A person sees what is served in the machine under a list of hosts as under every other policy; see attach.machine.test.ts.
  expect(await servedPage(orchestra.home, id)).toBe('A project\n')
  searched.resolve()

  const view = await orchestra.until(id, 'finished')
  expect(view).toMatchObject({ status: 'completed', error: null, merge_result: { merged: true, commits: 1 } })
  expect(found).toEqual([
    [...[covered, '405', covered], ...['405', '404', '403', 'ROUTE/me/project.git']].join('\n'),
    ...['found the stand-in\nsearched', 'response 403\nCould not resolve'],
  ])
  expect(lab.connections).toEqual([
    expect.stringMatching(/^GET \/api\/projects HTTP\/1\.1\r\n/),
    expect.stringMatching(/^GET \/items HTTP\/1\.1\r\n/),
  ])
  expect(lab.connections[0]).toContain(`Authorization: Bearer ${secret}\r\n`)
  expect(lab.connections[1]).toContain(`X-Vault-Token: ${vaulted}\r\n`)
  expect(api.requests.length).toBeGreaterThan(2)
  expect(api.requests.filter(({ accepted }) => !accepted)).toEqual([])

  const repo = orchestra.pathOf('project')
  expect(await subjectsOf(repo, 'main')).toEqual(['Add hello.md', 'Start'])
  for (const text of [scriptedKey, secret, vaulted, others]) {
    expect((await run('grep', ['-rl', '--', text, repo, join(orchestra.home, 'tasks')])).stdout).toBe('')
    expect(await gitIn(repo, ['log', '--all', `-S${text}`, '--format=%H'])).toBe('')
  }
  const { network_log_path } = await orchestra.client.call('get_task_logs', { task_id: id })
  expect(network_log_path).toBe(taskFiles(orchestra.home, taskId(id)).network)
  const { port } = new URL(api.url)
  const { stdout } = await orchestra.command('network', id)
  expect(stdout).toMatch(new RegExp(`^ {2}127\\.0\\.0\\.1:${port}: reached \\d times`, 'm'))
  expect(stdout).toMatch(
    /: reached 2 times, \d+ bytes up, \d+ bytes down; with the secret LAB, VAULT; refused 3 times \((method|path)-refused\)$/m,
  )
  expect(stdout).toContain('\n  unlisted.example:443: refused once (not-listed)\n')
})

/** The README of the clone, from a web server in the machine. */
async function servedPage(home: string, id: string): Promise<string> {
  const call = await windowOfServer(home)
  const { shell } = await call('openShell', { id, rows: 24, columns: 80 })
  const typed = 'busybox httpd -p 127.0.0.1:8000 -h /workspace/repo\n'
  await call('writeShell', { shell, data: Buffer.from(typed).toString('base64') })
  await until(async () => (await call('listeningPorts', { id })).ports.includes(8000))
  await call('closeShell', { shell })
  const { host, port } = new URL((await call('openPreview', { id, port: 8000 })).url)
  const request = get({ host: '127.0.0.1', port, path: '/README.md', headers: { host }, agent: false })
  const [answer] = await once(request, 'response')
  return await text(answer)
}

/** This host's machines, whose gateways ask the host of each secret here, and with no TLS: a test's certificate is trusted nowhere. */
function withoutTls(origin: string): MachineDriver {
  const driver = hostDriver(silentLog, () => ({ guest: 'auto', guestImage: null }))
  return {
    ...driver,
    start: async (spec, signal) => {
      const { gateway } = spec.network
      if (!gateway) throw new Error('A machine without a gateway')
      const secrets = (gateway.config.secrets ?? []).map((each) => ({ ...each, origin }))
      const config = { ...gateway.config, secrets }
      return await driver.start({ ...spec, network: { ...spec.network, gateway: { ...gateway, config } } }, signal)
    },
  }
}

/** Of these texts those that the guest's memory holds, which QEMU has as a file without a name. */
async function foundInMemory(pid: number, texts: readonly string[]): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`
  const found = new Set<string>()
  const overlap = Math.max(...texts.map((text) => text.length))
  for (const name of await readdir(folder)) {
    const target = await readlink(join(folder, name)).catch(() => '') // Closed meanwhile.
    if (!target.startsWith('/memfd:')) continue
    await using file = await open(join(folder, name), 'r')
    const { size } = await file.stat()
    const piece = Buffer.alloc(16 << 20)
    for (let at = 0; at < size; at += piece.length - overlap) {
      const { bytesRead } = await file.read(piece, 0, piece.length, at)
      for (const text of texts) if (piece.subarray(0, bytesRead).includes(text)) found.add(text)
    }
  }
  return [...found]
}

/** The processes of this host whose arguments or environment any user, or their own, could read one of these in. */
async function toldByProcesses(texts: readonly string[]): Promise<string> {
  const script = 'grep -lsaF -f - /proc/[0-9]*/cmdline /proc/[0-9]*/environ | grep -v "^/proc/$$/"'
  return (await run('bash', ['-c', script], { input: texts.join('\n') })).stdout
}
