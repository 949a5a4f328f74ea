import { expect, test } from 'vitest'
import { guestEnvironment } from '../../main/settings/guest-environment.ts'

const forwarded = (url: string) => {
  const { variables, forwards } = guestEnvironment({ ANTHROPIC_BASE_URL: url }, '10.0.2.100')
  return { url: variables.ANTHROPIC_BASE_URL, forwards }
}

test('of the host only the listed variables reach the guest, never a key', () => {
  const { variables, forwards } = guestEnvironment(
    {
      ANTHROPIC_MODEL: 'claude-x',
      API_TIMEOUT_MS: '1000',
      DISABLE_TELEMETRY: '',
      ANTHROPIC_API_KEY: 'sk-ant-api03-x',
      CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-x',
      AWS_SECRET_ACCESS_KEY: 'x',
      PATH: '/usr/bin',
      HOME: '/root',
      NODE_OPTIONS: '--inspect',
    },
    '10.0.2.100',
  )
  expect(variables).toEqual({ ANTHROPIC_MODEL: 'claude-x', API_TIMEOUT_MS: '1000' })
  expect(forwards).toEqual([])
})

test.each([
  ['http://127.0.0.1:4000', 'http://10.0.2.100:4000', '127.0.0.1', 4000],
  ['http://127.0.0.1:4000/', 'http://10.0.2.100:4000', '127.0.0.1', 4000],
  ['http://127.9.8.7:4000/v1/?a=b', 'http://10.0.2.100:4000/v1/?a=b', '127.9.8.7', 4000],
  ['http://localhost', 'http://10.0.2.100:80', 'localhost', 80],
  ['http://LOCALHOST.:81', 'http://10.0.2.100:81', 'localhost', 81],
  ['http://gateway.localhost:82/x', 'http://10.0.2.100:82/x', 'localhost', 82],
  ['http://[::1]:83', 'http://10.0.2.100:83', '::1', 83],
  ['http://[::ffff:127.0.0.1]:84', 'http://10.0.2.100:84', '::ffff:7f00:1', 84],
  ['http://0.0.0.0:85', 'http://10.0.2.100:85', '127.0.0.1', 85],
  ['http://2130706433:86', 'http://10.0.2.100:86', '127.0.0.1', 86],
  ['http://user:p%40ss@127.0.0.1:87/x', 'http://user:p%40ss@10.0.2.100:87/x', '127.0.0.1', 87],
])('%s on the host is %s in the guest', (url, inGuest, host, port) => {
  expect(forwarded(url)).toEqual({ url: inGuest, forwards: [{ host, port }] })
})

test.each([
  'https://gateway.example.com/x',
  'http://192.168.1.5:8080',
  'https://localhost.example.com',
  'http://128.0.0.1',
  'http://[fe80::1]:8080',
])('%s is passed on as it is', (url) => {
  expect(forwarded(url)).toEqual({ url, forwards: [] })
})

test.each([
  ['https://localhost:8443', /over https/],
  ['https://127.0.0.1', /over https/],
  ['localhost:4000', /scheme|not a URL/],
  ['not a url', /not a URL/],
  ['file:///etc/passwd', /scheme|not a URL/],
  ['unix:///run/gateway.sock', /scheme|not a URL/],
  ['http://', /not a URL/],
  ['http://127.0.0.1:99999', /not a URL/],
  ['http://127.0.0.1:4000\nX', /line break/],
])('%s is refused', (url, message) => {
  expect(() => forwarded(url)).toThrow(expect.objectContaining({ code: 'argument-invalid' }))
  expect(() => forwarded(url)).toThrow(message)
})

test('a variable with a NUL or a line break is refused: it would become another variable in the guest', () => {
  for (const value of ['a\0LD_PRELOAD=/x', 'a\nb']) {
    expect(() => guestEnvironment({ ANTHROPIC_MODEL: value }, '10.0.2.100')).toThrow(/ANTHROPIC_MODEL/)
  }
})
