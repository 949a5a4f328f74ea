import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { remoteBranches } from '../../../main/git/remote/remote-branches.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a credential goes to its own address alone, and nobody else is asked for one', async () => {
  const repo = join(await temporaryFolder(), 'project')
  await makeRepository(repo)
  const elsewhere: string[] = []
  const other = await listening((request, response) => {
    elsewhere.push(request.url ?? '')
    response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
  })
  const shown: (string | undefined)[] = []
  const redirecting = await listening((request, response) => {
    shown.push(request.headers.authorization)
    response.writeHead(302, { location: `${other}${request.url}` }).end()
  })
  const refusing = await listening((request, response) => {
    shown.push(request.headers.authorization)
    response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
  })
  const helper = join(repo, '.git', 'asked')
  await gitIn(repo, ['config', 'credential.helper', `!touch '${helper}'; false`])
  const ask = (url: string) =>
    remoteBranches(repo, { url: `${url}/o/r.git`, authorization: 'Basic c2VjcmV0' }, ['main'])
  await expect(ask(redirecting)).rejects.toThrow(/ls-remote failed/)
  expect(elsewhere).toEqual([])
  await expect(ask(refusing)).rejects.toThrow(/ls-remote failed/)
  expect(new Set(shown)).toEqual(new Set(['Basic c2VjcmV0']))
  await expect(gitIn(repo, ['hash-object', helper])).rejects.toThrow()
})
