import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { asAtHome } from '../../main/commands/as-at-home.ts'
import { temporaryFolder } from '../support/temporary.ts'

async function shown(settings: object) {
  const folder = await temporaryFolder()
  const [home, claude] = [join(folder, 'home'), join(folder, 'claude')]
  await mkdir(home)
  await mkdir(claude)
  await writeFile(join(home, 'settings.json'), JSON.stringify(settings))
  await writeFile(join(claude, 'CLAUDE.md'), 'Be brief.')
  const server = (host: string) => ({ type: 'http', url: `https://${host}/mcp` })
  const mcpServers = { docs: server('docs.example'), other: server('other.example') }
  await writeFile(join(claude, '.claude.json'), JSON.stringify({ mcpServers }))
  const [said, noted]: [string[], string[]] = [[], []]
  await asAtHome({
    ...{ home, env: { CLAUDE_CONFIG_DIR: claude }, cwd: folder, isTty: false, write: async () => undefined },
    ...{ say: (line) => void said.push(line), note: (line) => void noted.push(line) },
  })
  return { said, noted }
}

test('each file and server is shown before it is sent, and what stays at home', async () => {
  const { said, noted } = await shown({ asAtHome: ['mcp-servers'], egress: ['docs.example'] })
  expect(said).toEqual(['  mcp-servers/docs.json (https://docs.example/mcp)'])
  expect(noted).toEqual([
    'Tasks are given (mcp-servers), as copies:',
    '  mcp-servers/other.json stays at home: the egress policy does not list other.example',
    'Servers are those that the egress policy of the settings reaches (docs.example).',
  ])
})

test('where the setting gives nothing, all parts are shown as what would be', async () => {
  const { said, noted } = await shown({})
  expect(said).toEqual([
    ...['  CLAUDE.md', '  mcp-servers/docs.json (https://docs.example/mcp)'],
    '  mcp-servers/other.json (https://other.example/mcp)',
  ])
  expect(noted[0]).toMatch(/^Tasks are given nothing; /)
})
