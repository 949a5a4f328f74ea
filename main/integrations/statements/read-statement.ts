import { readFile } from 'node:fs/promises'
import type { StatementSeen } from '../../core/statement-seen.ts'
import type { Task } from '../../core/task/task.ts'
import { publicKeyPath, readPublicKey } from '../../settings/signing-key.ts'
import { isOfCommit, openStatement } from './open-statement.ts'
import { statementPath } from './statement-path.ts'

/** What this home signed of the commit that the task brought. @throws AppError('argument-invalid') where this home's public key cannot be read */
export async function readStatement(task: Task): Promise<StatementSeen> {
  const { merge } = task
  if (merge?.kind !== 'merged') return { kind: 'none' }
  const text = await readFile(statementPath(task), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return { kind: 'none' }
  const opened = openStatement(text, [await readPublicKey(publicKeyPath(task.home))])
  if (opened?.statement.predicate.buildDefinition.externalParameters.task !== task.id)
    return { kind: 'bad', commit: merge.to }
  const { statement, keyId } = opened
  return isOfCommit(statement, merge.to) ? { kind: 'good', commit: merge.to, keyId } : { kind: 'none' }
}
