import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../main/lib/processes/spawn.ts'
import { secretVariables } from '../../../main/settings/secrets/secret-variables.ts'
import { debianProgram } from '../../support/machines/debian-program.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { testGateway } from '../../support/web/gateway.ts'
import { givenSecret, secretOf, secretValue, tlsUpstream } from '../../support/web/secret-upstream.ts'
import { tokenRegistry } from '../../support/web/token-registry.ts'

/** What podman, buildah and it have in common is what asks registries. */
const packages = ['skopeo', 'libc6', 'libgpgme11t64', 'libassuan9', 'libgpg-error0', 'libsqlite3-0']

test('skopeo copies an image by its own name from a registry that gives tokens for the secret', async ({ signal }) => {
  const form = { kind: 'basic', user: 'me' } as const
  const registry = await tokenRegistry(givenSecret({ form }).header.value)
  const { port, trusted } = await tlsUpstream(registry.answer)
  const secret = secretOf({ port, name: 'CORP_', form, tools: ['docker'] })
  const gateway = await testGateway({ secrets: [givenSecret(secret)], trusted })
  const folder = await temporaryFolder()
  const variables = secretVariables([secret], `http://127.0.0.1:${gateway.port}`)
  const settings = join(folder, '.config/containers/registries.conf.d')
  await mkdir(settings, { recursive: true })
  await writeFile(join(settings, 'microvm.conf'), variables.MICROVM_CONTAINER_REGISTRIES ?? '')
  const [program, ...before] = await debianProgram({ name: 'skopeo', packages }, signal)
  const skopeo = (...args: string[]) =>
    run(program, [...before, '--insecure-policy', ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: folder, XDG_RUNTIME_DIR: folder },
      timeoutMs: 60_000,
    })
  const copied = await skopeo('copy', `docker://localhost:${port}/team/app:1`, `dir:${folder}/image`)
  expect(copied.ok, copied.stderr).toBe(true)
  const layer = createHash('sha256').update(registry.layer).digest('hex')
  expect((await readFile(join(folder, 'image', layer))).equals(registry.layer)).toBe(true)
  // One token for all, from the one path that was shown the secret; another host was shown nothing.
  expect(registry.asked.filter((each) => each.endsWith(' the secret'))).toEqual([
    'GET /token?service=images&scope=repository%3Ateam%2Fapp%3Apull the secret',
  ])
  expect(registry.asked.filter((each) => each.endsWith(' nothing'))).toEqual(['GET /v2/ nothing'])
  expect(registry.stored).toHaveLength(2)
  expect(registry.stored.filter((each) => !each.endsWith(' nothing'))).toEqual([])
  // What is pushed goes to where it is named, which settings of this kind do not change; the route has a name, too.
  const route = `127.0.0.1:${gateway.port}/secrets/corp--images/team/app:2`
  const pushed = await skopeo('copy', `dir:${folder}/image`, `docker://${route}`)
  expect(pushed).toMatchObject({ ok: false, stderr: expect.stringContaining('405') })
  await gateway.writes({ verdict: 'refused', reason: 'method-refused', secret: 'CORP_' })
  expect(registry.asked.filter((each) => !/^(GET|HEAD) /.test(each))).toEqual([])
  expect(`${copied.stderr}${pushed.stderr}`).not.toContain('token-for')
  expect((await run('grep', ['-rlE', `${secretValue.replace('+', '.')}|token-for`, folder])).stdout).toBe('')
})
