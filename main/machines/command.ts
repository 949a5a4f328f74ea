/** A program with its arguments, as it is to be started. */
export type Command = readonly [file: string, ...args: string[]]
