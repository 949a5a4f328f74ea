import { type Command, Option } from 'commander'
import type { RemoteCommand, RemoteOption } from '../remote/remote-command.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { amount, takesText, wholeNumber } from './argument-types.ts'

/** A command that is one operation of the running server. */
export function addRemoteCommand(program: Command, terminal: Terminal, remote: RemoteCommand): void {
  const command = program.command(remote.word).description(remote.description)
  if (remote.takesTask) command.argument('<id>')
  if (remote.takesText !== null) takesText(command.argument(`<${remote.takesText}>`))
  const options = Object.entries<RemoteOption>(remote.options)
  for (const [field, option] of options) {
    if ('oneOf' in option) {
      const words = Object.keys(option.oneOf)
      for (const [word, description] of Object.entries(option.oneOf))
        command.addOption(
          new Option(`--${word}`, description).conflicts(words.filter((other) => other !== word).map(camelCase)),
        )
      continue
    }
    const flag = `--${field.replaceAll('_', '-')}`
    if ('text' in option) {
      command.option(`${flag} <${option.text}>`, option.description)
      continue
    }
    const { description, number, amount: isAmount, default: value } = option
    if (number) command.option(`${flag} <number>`, description, (isAmount ? amount : wholeNumber)(number), value)
    else command.option(flag, description, false)
  }
  command.action(async () => {
    const { callRemote } = await import('../remote/call-remote.ts')
    const given = command.opts<Readonly<Record<string, unknown>>>()
    const fields = options.map(([field, option]) => {
      const value = 'oneOf' in option ? Object.keys(option.oneOf).find((word) => given[word]) : given[camelCase(field)]
      return [field, value] as const
    })
    await callRemote(terminal, remote, {
      id: remote.takesTask ? command.args[0] : undefined,
      fields: {
        ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
        ...(remote.takesText !== null && { [remote.takesText]: command.args[remote.takesTask ? 1 : 0] }),
      },
    })
  })
}

/** The name that Commander gives an option. */
const camelCase = (field: string): string => field.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())
