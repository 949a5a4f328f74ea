import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { HomePart } from '../../../main/core/home-parts.ts'
import { homeParts } from '../../../main/core/home-parts.ts'
import { claudeHomeOf, readClaudeHome } from '../../../main/settings/claude-home/claude-home.ts'
import { homeNote } from '../../../main/settings/claude-home/home-note.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function home(files: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}
const read = (folder: string, parts: readonly HomePart[] = homeParts) =>
  readClaudeHome(claudeHomeOf({ CLAUDE_CONFIG_DIR: folder }), parts, {
    ...{ policy: { kind: 'open' }, privateNetworks: false },
  })
const pathsOf = (all: readonly { readonly path: string }[]) => all.map(({ path }) => path)

test('the parts that are chosen come along, and nothing else of the folder', async () => {
  const folder = await home({
    ...{ 'CLAUDE.md': 'Be brief.', 'agents/a.md': 'a', 'skills/x/SKILL.md': 's', 'skills/x/run.sh': '#!/bin/sh' },
    ...{ 'settings.json': '{}', '.credentials.json': '{}', 'projects/p.jsonl': '{}', 'plugins/p/x.md': 'p' },
  })
  await chmod(join(folder, 'skills/x/run.sh'), 0o755)
  expect(await read(folder, ['skills', 'CLAUDE.md'])).toEqual({
    files: [
      { path: 'CLAUDE.md', text: 'Be brief.', executable: false },
      { path: 'skills/x/SKILL.md', text: 's', executable: false },
      { path: 'skills/x/run.sh', text: '#!/bin/sh', executable: true },
    ],
    leftOut: [],
  })
  expect(pathsOf((await read(folder)).files)).not.toContain('settings.json')
  expect(await read(join(folder, 'nowhere'))).toEqual({ files: [], leftOut: [] })
})

test.each([
  ['a key', 'Use sk-ant-api03-abcdefgh', 'secret'],
  ['a token of GitHub', `token: ghp_${'a'.repeat(36)}`, 'secret'],
  ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----\nx', 'secret'],
  ['hooks', '---\nname: a\nhooks:\n  Stop: []\n---\nText', 'hooks'],
  ['hooks after Windows line ends', '---\r\n"hooks" : {}\r\n---\r\n', 'hooks'],
  ['a NUL', 'a\0b', 'no text'],
] as const)('a file with %s stays at home, and it is told why', async (_what, text, why) => {
  const folder = await home({ 'agents/a.md': text, 'agents/b.md': 'The word hooks: is harmless here.' })
  const { files, leftOut } = await read(folder)
  expect(pathsOf(files)).toEqual(['agents/b.md'])
  expect(leftOut).toEqual([{ path: 'agents/a.md', why: expect.stringContaining(why) }])
})

test('a part may be a link of the user’s, and links in it and hidden files stay at home', async () => {
  const elsewhere = await home({ 'x/SKILL.md': 's', 'x/.env': 'TOKEN=1', 'x/node_modules/a.js': 'a' })
  const outside = await home({ id_rsa: 'private' })
  await symlink(join(outside, 'id_rsa'), join(elsewhere, 'x/key'))
  await symlink(outside, join(elsewhere, 'y'))
  const folder = await home({})
  await symlink(elsewhere, join(folder, 'skills'))
  const { files, leftOut } = await read(folder)
  expect(pathsOf(files)).toEqual(['skills/x/SKILL.md'])
  expect(pathsOf(leftOut)).toEqual(['skills/x/.env', 'skills/x/key', 'skills/x/node_modules', 'skills/y'])
})

test('what is too much stays at home, and all of it is in the note', async () => {
  const folder = await home({
    ...Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`commands/${1000 + index}.md`, 'x'])),
    'CLAUDE.md': 'x'.repeat(1024 ** 2 - 100),
  })
  const all = await read(folder)
  expect(all.files.length + all.leftOut.length).toBe(301)
  expect(all.files.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(1024 ** 2)
  expect(homeNote(all)).toMatch(
    /^Came along from your Claude Code: CLAUDE\.md, commands\/1000\.md, .* and \d+ more; stayed at home: /,
  )
  expect(homeNote({ files: [], leftOut: [] })).toBeNull()
})

test('the files are those that the user’s Claude Code has', () => {
  expect(claudeHomeOf({ CLAUDE_CONFIG_DIR: '/elsewhere', HOME: '/home/me' })).toEqual({
    ...{ folder: '/elsewhere', state: '/elsewhere/.claude.json' },
  })
  expect(claudeHomeOf({ HOME: '/home/me' })).toEqual({ folder: '/home/me/.claude', state: '/home/me/.claude.json' })
})
