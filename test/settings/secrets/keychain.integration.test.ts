import { chmod, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { run } from '../../../main/lib/processes/spawn.ts'
import { type Keychain, openKeychain } from '../../../main/settings/secrets/keychain.ts'
import {
  addSecret,
  listSecrets,
  removeSecret,
  secretsFor,
  secretsPath,
} from '../../../main/settings/secrets/secrets.ts'
import { hasKeyring, openKeyring } from '../../support/keyring.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { secretOf, secretValue } from '../../support/web/secret-upstream.ts'

/** What every keychain does. */
async function keepsSecrets(keychain: Keychain, other: Keychain) {
  expect(await keychain.read('CORP')).toBeUndefined()
  await keychain.remove('CORP')
  for (const value of [secretValue, '  two spaces inside  \'"$(id)`\\ %'.trim(), 'x'.repeat(4096)]) {
    await keychain.write('CORP', value)
    expect(await keychain.read('CORP')).toBe(value)
  }
  expect(await other.read('CORP')).toBeUndefined() // Another home has names of its own.
  await keychain.remove('CORP')
  expect(await keychain.read('CORP')).toBeUndefined()
}

/** Desktops have these; most servers do not. */
test.runIf(hasKeyring)("the session's own keyring keeps secrets of a home by the real secret-tool", async () => {
  const folder = await openKeyring()
  const home = join(folder, 'home')
  const keychain = await openKeychain(home, 'linux')
  await keepsSecrets(keychain, await openKeychain(join(folder, 'other'), 'linux'))

  await addSecret(home, secretOf(), secretValue, keychain)
  expect(await listSecrets(home)).toMatchObject([{ name: 'CORP', inKeychain: true }])
  const [given] = await secretsFor(home, '/projects/one')
  expect(given?.gateway.header.value).toBe(`Bearer ${secretValue}`)
  expect(await readFile(secretsPath(home), 'utf8')).toContain('"value": null')
  expect((await run('grep', ['-rlF', secretValue, home])).stdout).toBe('')
  await removeSecret(home, 'CORP')
  expect(await keychain.read('CORP')).toBeUndefined()
})

test.runIf(hasKeyring)(
  'a keyring that does not answer is told with what to do, and so is a secret that it lost',
  async () => {
    const folder = await openKeyring()
    const home = join(folder, 'home')
    const keychain = await openKeychain(home, 'linux')
    await addSecret(home, secretOf(), secretValue, keychain)
    await keychain.remove('CORP')
    await expect(secretsFor(home, '/projects/one')).rejects.toMatchObject({
      ...{ code: 'home-unusable', message: expect.stringContaining('CORP is not in the keyring') },
      hint: expect.stringContaining('secrets add CORP'),
    })
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', 'unix:path=/nonexistent')
    await expect(secretsFor(home, '/projects/one')).rejects.toMatchObject({
      ...{ code: 'home-unusable', hint: expect.stringContaining('Unlock it') },
    })
    // A file takes its place, though the keyring cannot be asked to forget it.
    await addSecret(home, secretOf(), secretValue)
    expect(await listSecrets(home)).toMatchObject([{ inKeychain: false }])
  },
)

/**
 * In place of a Mac's `security`, of which it takes what security(1) says of these commands and nothing else: `-i` reads commands from standard
 * input and ends with 0 whatever became of them, `-U` updates, `-X` is a password in hexadecimal, what is not found ends with 44.
 */
const security = `#!/bin/bash
store=\${0%/*}/items
printf '%s\\n' "$*" >>"\${0%/*}/arguments"
[ ! -e "\${0%/*}/locked" ] || { echo 'security: SecKeychainItemCopyContent: User interaction is not allowed.' >&2; [ "$1" = -i ] && exit 0; exit 36; }
case "$1 \${2-} \${4-} \${6-}" in
  'find-generic-password -a -s -w') [ -e "$store/$5/$3" ] || { echo 'could not be found' >&2; exit 44; }; cat "$store/$5/$3"; echo ;;
  'delete-generic-password -a -s ') rm "$store/$5/$3" 2>/dev/null || exit 44; echo 'password has been deleted.' ;;
  '-i   ')
    read -r verb update a account s service x hex rest
    [ "$verb $update $a $s $x $rest" = 'add-generic-password -U -a -s -X ' ] || { echo usage >&2; exit 0; }
    mkdir -p "$store/$service" && printf '%s' "$hex" | sed 's/../\\\\x&/g' | xargs -0 printf '%b' >"$store/$service/$account"
    ;;
  *) echo "security: unknown command: $*" >&2; exit 2 ;;
esac
`

test("a Mac's keychain keeps secrets by its security, which has none of them among its arguments", async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'security'), security)
  await chmod(join(folder, 'security'), 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
  onTestFinished(() => void vi.unstubAllEnvs())
  const keychain = await openKeychain('/home/one', 'darwin')
  await keepsSecrets(keychain, await openKeychain('/home/two', 'darwin'))
  const asked = await readFile(join(folder, 'arguments'), 'utf8')
  expect(asked).not.toContain(secretValue)
  expect(asked).not.toContain(Buffer.from(secretValue).toString('hex'))

  await writeFile(join(folder, 'locked'), '')
  const refused = { code: 'home-unusable', message: expect.stringContaining('User interaction is not allowed') }
  await expect(keychain.read('CORP')).rejects.toMatchObject(refused)
  await expect(keychain.write('CORP', secretValue)).rejects.toMatchObject({ code: 'home-unusable' })
})

test('a host without a keychain says how to have one', async () => {
  const folder = await temporaryFolder()
  vi.stubEnv('PATH', folder)
  onTestFinished(() => void vi.unstubAllEnvs())
  const opened = openKeychain('/home/one', 'darwin')
  await expect(opened).rejects.toMatchObject({
    code: 'argument-invalid',
    message: 'This host has no keychain that is known here',
  })
})
