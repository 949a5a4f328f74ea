import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished, vi } from 'vitest'
import { findTool } from '../../main/lib/processes/find-tool.ts'
import { temporaryFolder } from './temporary.ts'

/** Whether this host has what desktops have and most servers do not. */
export const hasKeyring =
  (await findTool('secret-tool')) !== undefined &&
  (await findTool('gnome-keyring-daemon')) !== undefined &&
  (await findTool('dbus-run-session')) !== undefined

/** A session of its own, as a desktop has one, with a keyring that is unlocked: programs of this process find it. Both end with the test. */
export async function openKeyring(): Promise<string> {
  const folder = await temporaryFolder()
  const own: Record<string, string> = {}
  for (const name of ['XDG_DATA_HOME', 'XDG_RUNTIME_DIR', 'HOME']) {
    own[name] = join(folder, name)
    await mkdir(own[name], { mode: 0o700 })
  }
  const script =
    'printf open | gnome-keyring-daemon --unlock --components=secrets >/dev/null; echo "$DBUS_SESSION_BUS_ADDRESS"; cat'
  const child = spawn('dbus-run-session', ['--', 'bash', '-c', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...own },
  })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.stdin.end()
    await ended
  })
  const [address] = (await once(createInterface(child.stdout), 'line')) as [string]
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', address)
  return folder
}
