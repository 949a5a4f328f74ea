import { expect, test } from 'vitest'
import { addLine } from '../../main/settings/add-line.ts'

const url = 'http://127.0.0.1:8765/mcp'
const tokenPath = '/home/ada/.microvm-orchestrator/mcp-token'

test('without a token the line is the address alone', () => {
  expect(addLine({ url, token: null }, { tokenPath, isTty: true })).toBe(
    'claude mcp add --transport http --scope user microvm http://127.0.0.1:8765/mcp',
  )
})

test('a token is shown on a terminal and kept out of everything else', () => {
  const server = { url, token: 'a-token' }
  expect(addLine(server, { tokenPath, isTty: true })).toContain(' --header "Authorization: Bearer a-token"')
  expect(addLine(server, { tokenPath, isTty: false })).toMatch(
    /--header "Authorization: Bearer \$\(cat '.+mcp-token'\)"$/,
  )
})
