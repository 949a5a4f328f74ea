import { CommanderError } from 'commander'
import { commandLine } from './commands/declarations/command-line.ts'
import { helpOf } from './commands/declarations/help-of.ts'
import { processTerminal } from './commands/terminal/terminal.ts'
import { terminalText } from './commands/terminal/terminal-words.ts'
import { toFailure } from './core/failure.ts'
import { homeDirectory } from './lib/files/paths.ts'
import { singleLineText } from './lib/guest/terminal-text.ts'
import { watchOutput } from './lib/processes/lost-output.ts'
import { ownCommand } from './lib/processes/own-command.ts'

/** One line on stderr and exit status 1, whatever went wrong. @param help the words that ask for the help of what was called. */
function fail(thrown: unknown, help: string): void {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return // Help or the version was asked for, and shown.
    const usage = thrown.message.replace(/^error: /, '').replace(/\.$/, '')
    complain(`${usage.charAt(0).toUpperCase()}${usage.slice(1)}. See: ${ownCommand()} ${help}`)
  } else complain(terminalText(toFailure(thrown)))
}

function complain(text: string): void {
  process.stderr.write(`Error: ${singleLineText(text)}\n`)
  process.exitCode = 1
}

watchOutput()
// Inside the packed app there is no script's name before the arguments.
const args = process.argv.slice('electron' in process.versions && !('defaultApp' in process) ? 1 : 2)
let help = '--help'
try {
  const program = commandLine(processTerminal(homeDirectory()))
  help = helpOf(program, args)
  if (args.length === 0) program.outputHelp()
  else await program.parseAsync(args, { from: 'user' })
} catch (error) {
  fail(error, help)
}
