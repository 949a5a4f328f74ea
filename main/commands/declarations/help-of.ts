import type { Command } from 'commander'

/** The words that ask for the help of the command that arguments name, as `pull-requests set --help`; of the program's where they name none. Pure. */
export function helpOf(program: Command, args: readonly string[]): string {
  const words: string[] = []
  let command: Command | undefined = program
  for (const arg of args) {
    command = command.commands.find((each) => each.name() === arg)
    if (!command) break
    words.push(arg)
  }
  return [...words, '--help'].join(' ')
}
