import type { Terminal } from './terminal.ts'

/** Indented JSON on stdout. Control characters inside texts are escapes in JSON; those above 0x7e that terminals obey are made so. */
export async function printJson(terminal: Terminal, value: unknown): Promise<void> {
  const json = JSON.stringify(value, null, 2).replace(
    /[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
  await terminal.write(`${json}\n`)
}
