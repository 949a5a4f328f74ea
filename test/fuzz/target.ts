import { ok } from 'node:assert/strict'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type fc from 'fast-check'

/** A parser at the border, the bytes that it is given, and what must hold whatever they are. */
export interface Target {
  readonly name: string
  readonly inputs: fc.Arbitrary<Buffer>
  /** Makes ready what all cases share. */
  open(): Promise<Check>
}

export interface Check extends AsyncDisposable {
  /** Throws, or rejects, when a promise is broken by these bytes. */
  check(input: Buffer): void | Promise<void>
}

/** A target that shares nothing between its cases. */
export const pure = (name: string, inputs: fc.Arbitrary<Buffer>, check: Check['check']): Target => ({
  name,
  inputs,
  open: async () => ({ check, [Symbol.asyncDispose]: async () => undefined }),
})

/** A target that has a folder for its files. */
export const inFolder = (
  name: string,
  inputs: fc.Arbitrary<Buffer>,
  check: (input: Buffer, folder: string) => void | Promise<void>,
): Target => ({
  name,
  inputs,
  open: async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'mvm-fuzz-')))
    return {
      check: (input) => check(input, folder),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    }
  },
})

/** What a parser may do with bytes that it does not like: refuse them as an error that the user can act on. */
export async function orRefusal<Result>(parse: () => Result | Promise<Result>): Promise<Result | undefined> {
  try {
    return await parse()
  } catch (error) {
    const { name, message } = error as Error
    ok(name === 'AppError', `threw ${name}: ${message}`)
    ok(!message.includes('\n'), 'an error message has one line')
    return undefined
  }
}
