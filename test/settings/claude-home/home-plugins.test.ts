import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readClaudeHome } from '../../../main/settings/claude-home/claude-home.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** A plugin of the marketplace `mine`, as it lies in the cache. */
type Plugin = Readonly<Record<string, string>>

const manifest = (more: object = {}) => JSON.stringify({ name: 'deploy', version: '1.0.0', ...more })
const enabledAll = (plugins: object) => Object.fromEntries(Object.keys(plugins).map((name) => [`${name}@mine`, true]))

async function read(
  plugins: Readonly<Record<string, Plugin>>,
  { enabled = enabledAll(plugins), entries = [] as object[] } = {},
) {
  const folder = await temporaryFolder()
  const place = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const installed: Record<string, object[]> = {}
  for (const [name, files] of Object.entries(plugins)) {
    for (const [path, text] of Object.entries(files)) await place(`plugins/cache/mine/${name}/1/${path}`, text)
    installed[`${name}@mine`] = [
      { scope: 'user', installPath: join(folder, `plugins/cache/mine/${name}/1`), version: '1' },
    ]
  }
  await place('plugins/installed_plugins.json', JSON.stringify({ version: 2, plugins: installed }))
  await place('plugins/known_marketplaces.json', JSON.stringify({ mine: { installLocation: join(folder, 'market') } }))
  await place('market/.claude-plugin/marketplace.json', JSON.stringify({ name: 'mine', plugins: entries }))
  await place('settings.json', JSON.stringify({ enabledPlugins: enabled }))
  const again = () =>
    readClaudeHome({ folder, state: join(folder, '.claude.json') }, ['plugins'], {
      ...{ policy: { kind: 'closed' }, privateNetworks: false },
    })
  return { folder, place, again, ...(await again()) }
}
const pathsOf = (all: readonly { readonly path: string }[]) => all.map(({ path }) => path)

test('an enabled plugin comes along without hooks, servers, settings and whatever starts programs', async () => {
  const { files, leftOut } = await read({
    deploy: {
      '.claude-plugin/plugin.json': manifest({
        ...{ hooks: './own/hooks.json', mcpServers: { x: { command: 'x' } }, lspServers: {}, userConfig: {} },
        ...{ commands: ['./more/ship.md'], experimental: { monitors: [] } },
      }),
      ...{ 'commands/ship.md': 'Ship.', 'more/ship.md': 'Ship more.', 'agents/hooked.md': '---\nhooks: {}\n---\n' },
      ...{ 'hooks/hooks.json': '{}', '.mcp.json': '{}', '.lsp.json': '{}', 'monitors/m.json': '[]', 'mods/m.js': '' },
      ...{ 'settings.json': '{}', '.env': 'A=1', 'scripts/run.sh': '#!/bin/sh\n' },
    },
  })
  expect(pathsOf(files)).toEqual(
    ['.claude-plugin/plugin.json', 'commands/ship.md', 'more/ship.md', 'scripts/run.sh'].map(
      (path) => `skills/deploy@mine/${path}`,
    ),
  )
  expect(JSON.parse(files[0]?.text ?? '')).toEqual({ name: 'deploy', version: '1.0.0', commands: ['./more/ship.md'] })
  expect(leftOut.map(({ path, why }) => `${path.slice('skills/deploy@mine/'.length)}: ${why}`)).toEqual([
    '.env: it is hidden',
    '.lsp.json: it brings servers',
    '.mcp.json: it brings servers',
    'agents/hooked.md: it brings hooks',
    'hooks: it brings hooks',
    'mods: it changes Claude Code itself',
    'monitors: it starts programs',
    'settings.json: it brings settings',
  ])
})

test('what is off, built in or of another kind than true does not come along, and what is not there is told', async () => {
  const { files, leftOut } = await read(
    { off: { 'commands/a.md': 'a' }, versions: { 'commands/a.md': 'a' } },
    {
      enabled: {
        ...{ 'off@mine': false, 'versions@mine': ['1'], 'x@builtin': true },
        ...{ 'gone@mine': true, '../../etc@mine': true },
      } as never,
    },
  )
  expect(files).toEqual([])
  expect(leftOut).toEqual([
    { path: 'plugins/..?..?etc@mine', why: 'it has no name of a plugin' },
    { path: 'skills/gone@mine', why: 'it is not installed for you' },
  ])
})

test('a plugin with no manifest has what its marketplace says of it', async () => {
  const { files } = await read(
    { office: { 'parts/x/SKILL.md': 's' } },
    { entries: [{ name: 'other' }, { name: 'office', source: './', strict: false, skills: ['./parts/x'], hooks: {} }] },
  )
  expect(files[0]).toMatchObject({ path: 'skills/office@mine/.claude-plugin/plugin.json' })
  expect(JSON.parse(files[0]?.text ?? '')).toEqual({ name: 'office', skills: ['./parts/x'] })
})

test.each([
  ['leads out of its folder', manifest({ commands: './../../secret' }), 'another form: commands'],
  ['names an absolute path', manifest({ skills: ['/etc'] }), 'another form: skills'],
  ['is no JSON', '{', 'is not valid JSON'],
  ['holds a secret', manifest({ description: 'sk-ant-api03-abcdefgh' }), 'its manifest stays at home'],
])('a plugin whose manifest %s stays at home alone', async (_what, text, why) => {
  const { files, leftOut } = await read({
    bad: { '.claude-plugin/plugin.json': text, 'commands/a.md': 'a' },
    good: { 'commands/b.md': 'b' },
  })
  expect(pathsOf(files)).toEqual(['skills/good@mine/.claude-plugin/plugin.json', 'skills/good@mine/commands/b.md'])
  expect(leftOut.at(-1)).toEqual({ path: 'skills/bad@mine', why: expect.stringContaining(why) })
})

test('links of a plugin stay at home, and its files count with all others', async () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`commands/${1000 + index}.md`, 'x']))
  const { folder, again } = await read({ many })
  await symlink('/etc/passwd', join(folder, 'plugins/cache/mine/many/1/a-link'))
  const { files, leftOut } = await again()
  expect(files).toHaveLength(256)
  expect(leftOut).toHaveLength(46)
  expect(leftOut[0]).toEqual({ path: 'skills/many@mine/a-link', why: 'it is a link, or no file' })
})

test('registries that are not as Claude Code writes them are an error that says where', async () => {
  const { place, again } = await read({ deploy: { 'commands/a.md': 'a' } })
  await place('plugins/installed_plugins.json', '{"plugins":{"deploy@mine":{}}}')
  await expect(again()).rejects.toThrow(/installed_plugins\.json is not as Claude Code writes it: plugins\.deploy@mine/)
  await place('settings.json', '{"enabledPlugins":')
  await expect(again()).rejects.toMatchObject({ code: 'home-unusable', hint: expect.stringContaining('asAtHome') })
})
