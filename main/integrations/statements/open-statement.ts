import type { KeyObject } from 'node:crypto'
import { openEnvelope } from './envelope.ts'
import { type Statement, statementSchema } from './statement.ts'

/** A statement, and which key has signed it. */
export interface OpenedStatement {
  readonly statement: Statement
  /** SHA-256 of the public key, in hexadecimal digits. */
  readonly keyId: string
}

/** The statement in a text from anybody, where one of the keys has signed it; null where none has, or it is no statement. */
export function openStatement(text: string, keys: readonly KeyObject[]): OpenedStatement | null {
  const opened = openEnvelope(text, keys)
  if (opened === null) return null
  const { data: statement } = statementSchema.safeParse(JSON.parse(opened.payload))
  return statement ? { statement, keyId: opened.keyId } : null
}

export const isOfCommit = ({ subject }: Statement, commit: string): boolean =>
  subject.some(({ digest }) => digest.gitCommit === commit)
