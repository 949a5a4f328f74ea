import type { Verdict } from '../attack/attack.ts'
import { runAttacks } from '../attack/run-attacks.ts'
import { summaryOf, verdictLines } from '../attack/verdict-lines.ts'
import { AppError } from '../core/failure.ts'
import { cacheDirectory } from '../lib/files/paths.ts'
import { silentLog } from '../lib/log.ts'
import { findGuestImage } from '../machines/guest-image.ts'
import { info } from './info.ts'
import { logs } from './logs.ts'
import type { Terminal } from './terminal/terminal.ts'

/** A host with an emulated processor, and others at work on it, takes minutes. */
const longestMs = 30 * 60_000

/**
 * Has a red-team guest attack this host, and prints each attack with its verdict. Touches nothing of the user's: home, repositories and slots are
 * made for it, below the system's folder for temporary files.
 * @throws AppError('border-broken') when an attack succeeded, 'host-incomplete' when machines cannot run here.
 */
export async function attack(terminal: Terminal, stop: AbortSignal): Promise<void> {
  if (process.platform !== 'linux') {
    throw new AppError('host-incomplete', 'The red-team guest attacks hosts with Linux only', {
      hint: 'docs/network-and-security.md says what is promised on others',
    })
  }
  const image = await findGuestImage(cacheDirectory())
  if (!image) {
    throw new AppError('host-incomplete', 'The guest image is not built yet', {
      hint: 'Run: microvm-orchestrator doctor --fix',
    })
  }
  terminal.note('Attacking this host from guests of its own; this takes a minute or some.')
  const verdicts = await runAttacks(
    {
      ...{ image, cacheDirectory: cacheDirectory(), log: silentLog, shown: shownByCommands },
      onProgress: (line) => terminal.note(`  ${line}`),
    },
    AbortSignal.any([stop, AbortSignal.timeout(longestMs)]),
  )
  tellVerdicts(terminal, verdicts)
}

/**
 * Prints the table.
 * @throws AppError('border-broken') that names the attacks that succeeded.
 */
export function tellVerdicts(terminal: Pick<Terminal, 'say'>, verdicts: readonly Verdict[]): void {
  for (const line of verdictLines(verdicts)) terminal.say(line)
  terminal.say(summaryOf(verdicts))
  const broken = verdicts.filter((each) => each.broken.length > 0)
  if (broken.length > 0) {
    throw new AppError('border-broken', `The border did not hold: ${broken.map(({ name }) => name).join(', ')}`, {
      hint: 'Run no tasks that you do not trust, and report it as SECURITY.md says',
    })
  }
}

/** What `logs` and `info` write to a user's terminal. */
export async function shownByCommands(home: string, id: string): Promise<string> {
  let shown = ''
  const add = (text: string | Uint8Array): void => {
    shown += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
  }
  const terminal: Terminal = {
    home,
    env: {},
    cwd: home,
    isTty: true,
    say: add,
    note: add,
    write: async (content) => add(content),
  }
  await logs(terminal, id, { follow: false })
  await info(terminal, id)
  return shown
}
