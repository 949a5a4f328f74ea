import { expect, test } from 'vitest'
import { tokenFromOutput } from '../../../main/commands/terminal/token-from-output.ts'

const token = `sk-ant-oat01-${'Ab3_-'.repeat(18)}AA`

/** As Claude Code 2.1.330 draws rows: cursor columns in place of spaces, `\r\r\n` at the end of each. */
const row = (text: string) => `\u001b[2G${text.replaceAll(' ', '\u001b[1C')}\u001b[39m\r\r\n`
const drawn = (rows: readonly string[]) =>
  `Script started on 2026-11-23 [COMMAND="claude setup-token"]\n\u001b[?25l\u001b[?2004h\u001b]11;?\u0007${rows.map(row).join('')}\u001b[?25h`
const wrapped = (text: string, width: number) => text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []
const around = (rows: readonly string[]) =>
  drawn([
    'Long-lived authentication token created',
    '',
    'Your OAuth token (valid for 1 year):',
    '',
    ...rows.map((part) => `\u001b[38;5;220m${part}`),
    '',
    "Store this token securely. You won't be able to see it again.",
    '',
    'Use this token by setting: export CLAUDE_CODE_OAUTH_TOKEN=<token>',
  ])

test.each([20, 40, 79, 80, 105, 500])('the token is found on a terminal of %i columns', (width) => {
  expect(tokenFromOutput(around(wrapped(token, width)))).toBe(token)
})

test('the token is found where a repaint wrote only what had changed', () => {
  const [first, second] = [token.slice(0, 60), token.slice(60)]
  const old = `${first.slice(0, 10)}${'─'.repeat(50)}`
  const repaint = `\u001b[1A\r\u001b[10C${first.slice(10)}\r\r\n${second}\r\r\n\r\r\nStore this token securely.\r\r\n`
  expect(tokenFromOutput(`${old}\r\r\n${repaint}`)).toBe(token)
})

test('text on the line after the token is not taken for its rest', () => {
  expect(tokenFromOutput(`${token}\r\nDone and stored\r\n`)).toBe(token)
  expect(tokenFromOutput(`Token: ${token} (keep it)\r\nsecret\r\n`)).toBe(token)
})

test('the last token counts when there are several', () => {
  expect(tokenFromOutput(`${token}\r\n\r\n${token.slice(0, -2)}ZZ\r\n`)).toBe(`${token.slice(0, -2)}ZZ`)
})

test.each([
  ['nothing', ''],
  [
    'the sign-in screen',
    drawn(['Browser didn’t open? Use the URL below', 'https://claude.ai/oauth/authorize?code=true']),
  ],
  ['the start of a token', 'sk-ant-oat01-abc\r\n'],
  ['an API key', `sk-ant-api03-${'a'.repeat(80)}`],
])('%s is no token', (_, output) => {
  expect(tokenFromOutput(output)).toBeUndefined()
})
