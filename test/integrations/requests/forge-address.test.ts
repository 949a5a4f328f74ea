import { expect, test } from 'vitest'
import { requireOfForge } from '../../../main/integrations/requests/forge-access.ts'
import { forgeAddress } from '../../../main/integrations/requests/forge-address.ts'
import { waitWanted } from '../../../main/integrations/requests/wait-wanted.ts'
import { secretOf } from '../../support/web/secret-upstream.ts'

const github = { api: 'https://api.github.com', git: 'https://github.com/o/r.git', project: 'o/r' }

test.for([
  ['https://github.com/o/r.git', github],
  ['https://me@github.com/o/r/', github],
  ['git@github.com:o/r.git', github],
  ['ssh://git@github.com:22/o/r', github],
  [
    'https://git.example.org:8443/o/r',
    { api: 'https://git.example.org:8443/api/v3', git: 'https://git.example.org:8443/o/r.git', project: 'o/r' },
  ],
] as const)('the remote %s of GitHub is found on the web', ([remote, address]) => {
  expect(forgeAddress('github', remote)).toEqual(address)
})

test('GitLab has groups in groups, and each forge its own place for the API', () => {
  expect(forgeAddress('gitlab', 'git@gitlab.com:group/below/r.git')).toEqual({
    ...{ api: 'https://gitlab.com/api/v4', git: 'https://gitlab.com/group/below/r.git', project: 'group/below/r' },
  })
  expect(forgeAddress('gitea', 'https://codeberg.org/o/r')).toMatchObject({ api: 'https://codeberg.org/api/v1' })
  expect(forgeAddress('gitea', 'https://codeberg.org/o/below/r')).toContain('names no OWNER/NAME')
})

test.for([
  ['/srv/git/r.git', undefined, 'no address on the web'],
  ['file:///srv/r.git', undefined, 'no address on the web'],
  ['https://github.com/r.git', undefined, 'names no OWNER/NAME'],
  ['https://github.com/o/../r', undefined, 'names no OWNER/NAME'],
  ['https://github.com/o/r%2F..', undefined, 'names no OWNER/NAME'],
  ['http://git.example.org/o/r', undefined, 'not sent to git.example.org without https'],
  ['https://github.com/o/r', 'http://api.example.org', 'not sent to api.example.org without https'],
  ['https://github.com/o/r', 'https://me:x@api.example.org', 'no plain URL'],
  ['https://github.com/o/r', 'https://api.example.org?a=b', 'no plain URL'],
] as const)('the remote %s with the API %s is refused', ([remote, api, why]) => {
  expect(forgeAddress('github', remote, api)).toContain(why)
})

test('a secret is sent to the hosts of API and remote alone, on the port that it is for', () => {
  for (const host of ['api.github.com', 'github.com']) requireOfForge(secretOf({ host }), github)
  for (const secret of [secretOf({ host: 'evil.example' }), secretOf({ host: 'github.com', port: 8443 })])
    expect(() => requireOfForge(secret, github)).toThrow('and not for api.github.com or github.com')
})

test('a forge says until when it wants to be left alone', () => {
  const wait = (status: number, headers: Record<string, string>) => waitWanted(status, new Headers(headers), 1_000_000)
  expect(wait(200, { 'retry-after': '5' })).toBeNull()
  expect(wait(503, { 'retry-after': '5' })).toBe(1_005_000)
  expect(wait(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1060' })).toBe(1_060_000)
  expect(wait(429, { 'ratelimit-remaining': '0', 'ratelimit-reset': '1060' })).toBe(1_060_000)
  expect(wait(403, { 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '1060' })).toBeNull()
  expect(wait(429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' })).toBe(1_000_000 + 21_600_000)
})
