import type { Terminal } from './terminal.ts'

/** Indented JSON on stdout. Control characters inside texts are escapes in JSON; others that are not seen or that terminals obey are made so. */
export async function printJson(terminal: Terminal, value: unknown): Promise<void> {
  const json = JSON.stringify(value, null, 2).replace(
    /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu,
    (character) => Array.from(Array(character.length).keys(), (at) => escapeOf(character.charCodeAt(at))).join(''),
  )
  await terminal.write(`${json}\n`)
}

const escapeOf = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`
