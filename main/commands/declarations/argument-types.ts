import { isIP } from 'node:net'
import { type Command, CommanderError, InvalidArgumentError } from 'commander'
import type { Bound } from '../../core/bounds.ts'

/** The values of an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Has the command say how it is given a text that looks like an option. */
export const takesText = (command: Command): Command =>
  command.exitOverride((error) => {
    if (error.code !== 'commander.unknownOption') throw error
    throw new CommanderError(
      1,
      error.code,
      `${error.message}. A text that begins with - goes behind --, and all options before that`,
    )
  })

/** @throws InvalidArgumentError unless the text is an IPv4 or IPv6 address. */
export function ipAddress(text: string): string {
  if (isIP(text)) return text
  throw new InvalidArgumentError('It must be an IP address, as 192.0.2.1, or 0.0.0.0 for all of this host.')
}

/** A number that may have a fraction. @throws InvalidArgumentError outside of the bound. */
export function amount({ least, most }: Bound): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be an amount from ${least} to ${most}.`)
  }
}

/** @throws InvalidArgumentError outside of the bound, or for a fraction. */
export function wholeNumber({ least, most }: Bound): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}
