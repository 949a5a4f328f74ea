import { screenRows } from '../../lib/guest/terminal-screen.ts'

/** `claude setup-token` prints the token on a line of its own, broken where the terminal ends, with a blank line after it. */
const tokenStart = /\bsk-ant-oat\d*-[A-Za-z0-9_-]*/
const tokenPart = /^[A-Za-z0-9_-]+$/
const shortestToken = 40

/** The token that `claude setup-token` showed, from everything it wrote to its terminal; undefined when there is none. Pure. */
export function tokenFromOutput(output: string): string | undefined {
  const rows = screenRows(output)
  let found: string | undefined
  for (const [index, row] of rows.entries()) {
    const start = tokenStart.exec(row)
    if (!start) continue
    let token = start[0]
    const reachesEnd = start.index + token.length === row.length
    for (const next of reachesEnd ? rows.slice(index + 1) : []) {
      if (!tokenPart.test(next.trim())) break
      token += next.trim()
    }
    if (token.length >= shortestToken) found = token
  }
  return found
}
