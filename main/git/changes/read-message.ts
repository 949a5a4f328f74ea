import { lengths } from '../../core/bounds.ts'
import { cut } from '../../core/cut.ts'
import { visibleText, withoutMarks } from '../../core/visible-text.ts'
import { gitOrThrow, utf8 } from '../process/git.ts'
import { objectsOf, type Range } from './list-changes.ts'

/** The whole message of the range's last commit, with nothing hidden in it; a longer one than may be written is cut. */
export async function readMessage({ to, ...repository }: Range, signal?: AbortSignal): Promise<string> {
  const args = ['log', '--max-count=1', '--format=%B', to, '--']
  const { stdout } = await gitOrThrow(args, await objectsOf(repository, signal), signal)
  return visibleText(withoutMarks(cut(utf8(stdout).trimEnd(), lengths.commitMessage)))
}
