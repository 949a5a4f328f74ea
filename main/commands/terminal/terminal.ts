import { visibleFormat } from '../../core/visible-text.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'

/** Where a command was started: what it reads of its surroundings, and where its words go. */
export interface Terminal {
  /** `HOME` of the file list: `~/.microvm-orchestrator` or its replacement. */
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly isTty: boolean
  /** One line of the result, on stdout; control characters of whatever it quotes are left out, and hidden ones made visible. */
  say(line: string): void
  /** Bytes or text for stdout as they are; resolves when stdout has room again. */
  write(content: string | Uint8Array): Promise<void>
  /** One line beside the result, on stderr. */
  note(line: string): void
}

export function processTerminal(home: string): Terminal {
  return {
    home,
    env: process.env,
    cwd: process.cwd(),
    isTty: process.stdout.isTTY === true,
    say: (line) => process.stdout.write(`${oneLine(line)}\n`),
    write: (content) =>
      new Promise((resolve, reject) => {
        process.stdout.write(content, (error) => (error ? reject(error) : resolve()))
      }),
    note: (line) => process.stderr.write(`${oneLine(line)}\n`),
  }
}

/** Indentation is part of some formats. */
const oneLine = (line: string): string => `${/^ */.exec(line)?.[0] ?? ''}${singleLineText(visibleFormat(line))}`
