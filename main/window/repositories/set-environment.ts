import { findRepository, registerRepository } from '../../settings/repositories.ts'
import { requireEnvironment } from '../../tasks/environments/require-environment.ts'

interface Wish {
  readonly alias: string
  /** A word, or the path of a folder of this host: absolute, or from the user's home on with `~/`. */
  readonly environment: string
}

/** What the tasks of a repository work in from now on. @throws AppError('repository-unknown' | 'argument-invalid' | 'environment-invalid') */
export async function setEnvironment(home: string, { alias, environment }: Wish): Promise<void> {
  const { path } = await findRepository(home, alias)
  await registerRepository(home, { path, environment: await requireEnvironment(environment, path, '/') })
}
