import { userInfo } from 'node:os'

/** The name of the user who runs this; the number where no one has a name for it, as in some containers. */
export function callerName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'you') // Not in /etc/passwd.
  }
}
