import type { KeyObject } from 'node:crypto'
import { AppError } from '../../core/failure.ts'
import { visibleLine } from '../../core/visible-text.ts'
import { findCommit } from '../../git/notes/find-commit.ts'
import { readNote } from '../../git/notes/statement-notes.ts'
import { openEnvelope } from '../../integrations/statements/envelope.ts'
import { type Statement, statementSchema } from '../../integrations/statements/statement.ts'
import { pathExists } from '../../lib/files/look.ts'
import { publicKeyPath, readPublicKey } from '../../settings/signing-key.ts'
import type { Terminal } from '../terminal/terminal.ts'

/**
 * Checks what a home signed of a commit in the repository of the current folder, and says it. Anybody may have written the note: what no key has signed,
 * and what is said of another commit, counts for nothing. Needs no server.
 * @param keyFiles public keys to be trusted, in place of this home's own.
 * @throws AppError('statement-invalid' | 'argument-invalid')
 */
export async function verify(
  terminal: Terminal,
  name: string,
  keyFiles: readonly string[] = [],
  folder = process.cwd(),
): Promise<void> {
  const keys = keyFiles.length > 0 ? await Promise.all(keyFiles.map(readPublicKey)) : await ownKeys(terminal.home)
  const commit = await findCommit(folder, name)
  const note = await readNote(folder, commit)
  if (note === null) {
    throw invalid(
      `There is no statement on ${commit}`,
      'It stands on the last commit that a task brought; refs/notes/microvm-orchestrator may not have been fetched',
    )
  }
  const good = note.split('\n').flatMap((line) => statementIn(line, keys, commit))
  if (good.length === 0)
    throw invalid(
      `No statement on ${commit} is of it and signed by a key that is trusted here`,
      'Another home may have signed it: verify --key FILE names its signing-key.pub',
    )
  for (const { statement, keyId } of good) for (const line of linesOf(statement, commit, keyId)) terminal.say(line)
}

/** None in a home that never signed anything. */
const ownKeys = async (home: string): Promise<readonly KeyObject[]> =>
  (await pathExists(publicKeyPath(home))) ? [await readPublicKey(publicKeyPath(home))] : []

function statementIn(
  line: string,
  keys: readonly KeyObject[],
  commit: string,
): { readonly statement: Statement; readonly keyId: string }[] {
  const opened = openEnvelope(line, keys)
  if (opened === null) return []
  const { data: statement } = statementSchema.safeParse(JSON.parse(opened.payload))
  return statement?.subject.some(({ digest }) => digest.gitCommit === commit)
    ? [{ statement, keyId: opened.keyId }]
    : []
}

function linesOf({ subject, predicate }: Statement, commit: string, keyId: string): readonly string[] {
  const { buildDefinition, runDetails } = predicate
  const { task, textSha256, repository } = buildDefinition.externalParameters
  const { environment, merge, egress } = buildDefinition.internalParameters
  const [from] = buildDefinition.resolvedDependencies
  return [
    `Good: ${commit} is what task ${task} brought onto ${subject[0]?.name}, signed by ${keyId.slice(0, 16)}`,
    `  repository: ${repository}, from ${from?.digest.gitCommit ?? 'nothing'}`,
    `  text: SHA-256 ${textSha256}`,
    `  environment: ${environment}; merge: ${JSON.stringify(merge)}; network: ${JSON.stringify(egress)}`,
    `  from ${runDetails.metadata.startedOn} to ${runDetails.metadata.finishedOn}`,
  ].map(visibleLine)
}

const invalid = (message: string, hint: string): AppError => new AppError('statement-invalid', message, { hint })
