import type { KeyObject } from 'node:crypto'
import { toldPaths } from '../../core/bounded-list.ts'
import { AppError } from '../../core/failure.ts'
import { visibleLine } from '../../core/visible-text.ts'
import { findCommit } from '../../git/notes/find-commit.ts'
import { readNote } from '../../git/notes/statement-notes.ts'
import { isOfCommit, type OpenedStatement, openStatement } from '../../integrations/statements/open-statement.ts'
import type { Statement } from '../../integrations/statements/statement.ts'
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

function statementIn(line: string, keys: readonly KeyObject[], commit: string): readonly OpenedStatement[] {
  const opened = openStatement(line, keys)
  return opened && isOfCommit(opened.statement, commit) ? [opened] : []
}

function linesOf({ subject, predicate }: Statement, commit: string, keyId: string): readonly string[] {
  const { buildDefinition, runDetails } = predicate
  const { task, textSha256, repository } = buildDefinition.externalParameters
  const { environment, merge, egress, guestImage } = buildDefinition.internalParameters
  const [from] = buildDefinition.resolvedDependencies
  return [
    `Good: ${commit} is what task ${task} brought onto ${subject[0]?.name}, signed by ${keyId.slice(0, 16)}`,
    `  repository: ${repository}, from ${from?.digest.gitCommit ?? 'nothing'}`,
    `  text: SHA-256 ${textSha256}`,
    `  environment: ${environment}; merge: ${JSON.stringify(merge)}; network: ${JSON.stringify(egress)}`,
    ...(guestImage ? [`  guest image: ${guestImage}`] : []),
    `  from ${runDetails.metadata.startedOn} to ${runDetails.metadata.finishedOn}`,
    ...unusualLines(runDetails),
    ...checkLines(runDetails),
    ...commandLines(runDetails),
  ].map(visibleLine)
}

type RunDetails = Statement['predicate']['runDetails']

function unusualLines({ unusualFiles }: RunDetails): readonly string[] {
  const { files = [], more = 0 } = unusualFiles ?? {}
  return files.length === 0 ? [] : [`  unlike the files that were there: ${toldPaths({ files, more }).join(', ')}`]
}

function checkLines({ landingCheck, saidInTheAgentsMachine }: RunDetails): readonly string[] {
  const line = (
    who: string,
    { command = 'its check', exitCode, guestImage }: NonNullable<RunDetails['landingCheck']>,
  ) => `  ${who}: ${statusText(exitCode)} ${command}${guestImage ? ` (guest image ${guestImage})` : ''}`
  const said = saidInTheAgentsMachine?.check
  return [
    ...(landingCheck ? [line("the host's check machine reported of what landed", landingCheck)] : []),
    ...(said ? [line("the agent's machine reported of its check", said)] : []),
  ]
}

function commandLines({ saidInTheAgentsMachine }: RunDetails): readonly string[] {
  const { commands = [], earlierCommands = 0 } = saidInTheAgentsMachine ?? {}
  if (commands.length === 0) return []
  const before = earlierCommands > 0 ? `, after ${earlierCommands} others` : ''
  return [
    `  the agent's program reported these commands${before}:`,
    ...commands.map(({ command, exitStatus }) => `    ${statusText(exitStatus)} ${command}`),
  ]
}

const statusText = (status: number | null): string => `[${status ?? '?'}]`

const invalid = (message: string, hint: string): AppError => new AppError('statement-invalid', message, { hint })
