import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listForges } from '../../main/settings/forges.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import { addSecret } from '../../main/settings/secrets/secrets.ts'
import { gitIn } from '../support/git/repositories.ts'
import { registeredRepository } from '../support/orchestrator.ts'
import { secretOf } from '../support/web/secret-upstream.ts'
import { startWindowService } from '../support/window/window-service.ts'

test('the window has work wait in pull requests, and a policy alone ends that', async () => {
  const { root, service } = await startWindowService()
  const home = join(root, 'home')
  const repo = await registeredRepository(root)
  await registerRepository(home, { path: repo })
  const { calls } = service
  const signal = new AbortController().signal
  const alias = 'project'
  const wish = { alias, forge: 'github', secret: 'HUB', remote: 'origin', target: 'next' } as const
  const rowNow = async () => (await calls.snapshot({}, signal)).repositories.find((row) => row.alias === alias)
  expect(await calls.forge({ alias }, signal)).toEqual({ forge: null, secrets: [] })
  await expect(calls.setForge(wish, signal)).rejects.toThrow("has no remote 'origin'")
  // What came to nothing changed nothing.
  expect((await rowNow())?.mergePolicy).toEqual({ kind: 'auto' })
  await gitIn(repo, ['remote', 'add', 'origin', 'git@github.com:o/r.git'])
  await addSecret(
    home,
    secretOf({ name: 'HUB', host: 'github.com', port: 443, repositories: [] }),
    'ghp_0123456789abcdef',
  )
  await calls.setForge(wish, signal)
  expect(await calls.forge({ alias }, signal)).toEqual({
    forge: {
      ...{ kind: 'github', api: 'https://api.github.com', project: 'o/r' },
      ...{ remote: 'origin', target: 'next', secret: 'HUB' },
    },
    secrets: ['HUB'],
  })
  expect(await rowNow()).toMatchObject({ mergePolicy: { kind: 'review' }, pullRequests: 'o/r' })
  // Said once more it counts from when it was said first, so that requests that are open are looked after; another project does not.
  const since = async () => (await listForges(home)).map(({ added, target }) => ({ added, target }))
  const [first] = await since()
  await calls.setForge({ ...wish, target: 'other' }, signal)
  expect(await since()).toEqual([{ added: first?.added, target: 'other' }])
  await gitIn(repo, ['remote', 'set-url', 'origin', 'git@github.com:o/another.git'])
  await calls.setForge(wish, signal)
  expect((await since())[0]?.added).not.toBe(first?.added)
  await calls.setMergePolicy({ alias, policy: { kind: 'review' } }, signal)
  expect(await listForges(home)).toEqual([])
  expect((await rowNow())?.pullRequests).toBeUndefined()
})
