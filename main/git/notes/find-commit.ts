import { AppError } from '../../core/failure.ts'
import { resolveRevision } from '../repository/resolve-revision.ts'

/** The id of the commit that the name stands for, as git reads it. @throws AppError('argument-invalid') where there is none, or the folder is in no repository. */
export async function findCommit(folder: string, name: string, signal?: AbortSignal): Promise<string> {
  const commit = await resolveRevision(folder, `${name}^{commit}`, signal)
  if (commit !== null) return commit
  throw new AppError('argument-invalid', `'${name.slice(0, 100)}' is no commit of the repository in ${folder}`, {
    hint: 'Run it in the repository, and see: git log',
  })
}
